"""CSV: data files of an inventory in gzip, without a header; their keys are URL-encoded."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import compress, islice
from pathlib import Path

from services.ingest.inventories.batches import (
    BATCH_ROWS,
    Columns,
    RowBatch,
    broken_row,
    parse_times,
)
from shared.errors import InvalidInventoryError
from shared.storage.names import Names

_BLOCK = 1024 * 1024
_LONGEST_LINE = 64 * 1024  # a key of 1,024 bytes, encoded, is 3,072; the rest is short


def read_csv(path: Path, columns: Sequence[str], *, after: int) -> Iterator[RowBatch]:
    """Yield the rows behind the first `after`. Raise InvalidInventoryError for what is no CSV."""
    with _translated(), gzip.open(path) as file:
        lines = _lines(file)
        last = sum(1 for _ in islice(lines, after))
        while part := [*islice(lines, BATCH_ROWS)]:
            last += len(part)
            yield _batch(part, columns, last)


def _batch(lines: list[str], columns: Sequence[str], last: int) -> RowBatch:
    rows = [row for row in csv.reader(lines, strict=True) if row]
    if not all(len(row) == len(columns) for row in rows):
        raise InvalidInventoryError("A row of the inventory's data file has not all its columns.")
    found = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    if not found:
        return RowBatch(last, [], [])
    count = len(rows)
    latest = found.get("islatest", ("true",) * count)
    deleted = found.get("isdeletemarker", ("false",) * count)
    wanted = [
        one.lower() != "false" and other.lower() != "true"
        for one, other in zip(latest, deleted, strict=True)
    ]
    found = {name: (*compress(texts, wanted),) for name, texts in found.items()}
    try:
        sizes, times = [*map(int, found["size"])], parse_times(found["lastmodifieddate"])
    except ValueError as error:
        raise broken_row(last) from error
    if not all(found["key"]):
        raise broken_row(last)
    return Columns(
        keys=Names.decode([*found["key"]], url_encoded=True).all,
        sizes=sizes,
        etags=found["etag"],
        times=times,
        classes=found.get("storageclass"),
        versions=found.get("versionid"),
    ).batch(last)


def _lines(file: gzip.GzipFile) -> Iterator[str]:
    rest = b""
    while block := file.read(_BLOCK):
        whole, end, rest = (rest + block).rpartition(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise InvalidInventoryError("The inventory's data file has a line that never ends.")
        if end:
            yield from whole.decode().split("\n")
    if rest:
        yield rest.decode()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInventoryError("The inventory's data file is not CSV in gzip.") from error
