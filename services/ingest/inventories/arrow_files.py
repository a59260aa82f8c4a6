"""Parquet and ORC: data files of an inventory, as pyarrow reads them, a batch at a time.

It is imported when there is such a file to read: pyarrow takes about a hundred megabytes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.inventories.batches import (
    BATCH_ROWS,
    Columns,
    RowBatch,
    broken_row,
    parse_times,
)
from services.ingest.inventories.inventory import InventoryFormat, column_name, require_columns
from shared.errors import InvalidInventoryError
from shared.storage.base import UndecodableKey, decode_key

_READ = frozenset(
    {
        "key", "size", "etag", "lastmodifieddate",
        "storageclass", "versionid", "islatest", "isdeletemarker",
    }
)  # fmt: skip
_BUFFER = 256 * 1024  # of each column; without one, pyarrow reads whole row groups
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def read_arrow(path: Path, file_format: InventoryFormat, *, after: int) -> Iterator[RowBatch]:
    """Yield the rows behind the first `after`.

    Raise InvalidInventoryError for what is not of the format, or lacks a column.
    """
    last = 0
    with _translated(file_format):
        for table in _tables(path, file_format):
            last += table.num_rows
            if last > after:
                fresh = table.slice(max(0, after - last + table.num_rows))
                yield _batch(fresh, last)


def _tables(path: Path, file_format: InventoryFormat) -> Iterator[Any]:
    """Yield the columns that matter, under their one name each."""
    match file_format:
        case InventoryFormat.PARQUET:
            from pyarrow.parquet import ParquetFile  # noqa: PLC0415 (megabytes)

            parquet = ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
            names = _names(parquet.schema_arrow)
            batches = parquet.iter_batches(BATCH_ROWS, columns=[*names], use_threads=False)
        case _:
            from pyarrow.dataset import dataset  # noqa: PLC0415 (megabytes)

            # ORCFile would read whole stripes.
            orc = dataset(path, format="orc")
            names = _names(orc.schema)
            batches = orc.to_batches(
                columns=[*names],
                batch_size=BATCH_ROWS,
                batch_readahead=0,
                fragment_readahead=0,
                use_threads=False,
            )
    for batch in batches:
        yield batch.rename_columns([names[name] for name in batch.schema.names])


def _names(schema: Any) -> dict[str, str]:
    names = {name: column_name(name) for name in schema.names if column_name(name) in _READ}
    require_columns([*names.values()])
    return names


def _batch(table: Any, last: int) -> RowBatch:
    table = table.filter(_wanted(table)) if _is_versioned(table) else table
    try:
        sizes, times = table["size"].to_pylist(), _times(table["lastmodifieddate"])
        if None in sizes:
            raise broken_row(last)
        return Columns(
            keys=_keys(table["key"]),
            sizes=sizes,
            etags=table["etag"].to_pylist(),
            times=times,
            classes=_texts(table, "storageclass"),
            versions=_texts(table, "versionid"),
        ).batch(last)
    except (TypeError, ValueError, OverflowError) as error:
        raise broken_row(last) from error


def _is_versioned(table: Any) -> bool:
    return "islatest" in table.schema.names or "isdeletemarker" in table.schema.names


def _wanted(table: Any) -> Any:
    """Return which rows are the latest version of an object, and not that it was deleted."""
    wanted = pa.repeat(pa.scalar(value=True), table.num_rows)
    if "islatest" in table.schema.names:
        wanted = pc.fill_null(table["islatest"], fill_value=True)
    if "isdeletemarker" in table.schema.names:
        deleted = pc.fill_null(table["isdeletemarker"], fill_value=False)
        wanted = pc.and_(wanted, pc.invert(deleted))
    return wanted


def _keys(column: Any) -> Sequence[str | UndecodableKey]:
    """Return the keys, which are not encoded here; their bytes may be no text."""
    keys: Sequence[str | UndecodableKey]
    try:
        texts: list[str] = column.cast(pa.string()).to_pylist()
        keys, is_text = texts, "\0" not in "".join(texts)
    except (UnicodeDecodeError, pa.ArrowInvalid):
        is_text = False
    if not is_text:
        keys = [decode_key(raw) for raw in column.cast(pa.binary()).to_pylist()]
    if not all(keys):
        raise ValueError("An object has a key.")
    return keys


def _times(column: Any) -> list[datetime]:
    kind = column.type
    if pa.types.is_string(kind):
        return parse_times(column.to_pylist())
    # A whole number is what Hive's tables make of Parquet's milliseconds.
    per_second = _PER_SECOND[kind.unit] if pa.types.is_timestamp(kind) else _PER_SECOND["ms"]
    from_timestamp = datetime.fromtimestamp
    return [from_timestamp(each / per_second, UTC) for each in column.cast(pa.int64()).to_pylist()]


def _texts(table: Any, name: str) -> list[str | None] | None:
    return table[name].to_pylist() if name in table.schema.names else None


@contextmanager
def _translated(file_format: InventoryFormat) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidInventoryError(
            f"The inventory's data file is not {file_format.value}, or is broken."
        ) from error
