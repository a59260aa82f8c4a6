"""Samples: a manifest and a data file of an inventory with as many entries as are wanted."""

import gzip
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from tests.emulators.key_space import BLOCK, KeySpace

ROW_GROUP = 1_000_000  # what pyarrow writes if it is not told
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_SCHEMA = pa.schema(
    [
        ("bucket", pa.string()),
        ("key", pa.string()),
        ("size", pa.int64()),
        ("last_modified_date", pa.timestamp("ms", tz="UTC")),
        ("e_tag", pa.string()),
        ("storage_class", pa.string()),
    ]
)


def write_manifest(path: Path, lines: int) -> None:
    """Write a CSV in gzip with a header and a key in each of so many lines."""
    space = KeySpace("folders", lines)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"key,label\n")
        for begin in range(0, lines, BLOCK):
            end = min(begin + BLOCK, lines)
            text = "".join([f"{space.key(each)},{each % 10}\n" for each in range(begin, end)])
            file.write(text.encode())


def write_inventory(path: Path, rows: int) -> None:
    """Write a Parquet file with what S3 Inventory writes of current versions."""
    with ParquetWriter(path, _SCHEMA) as writer:
        for begin in range(0, rows, ROW_GROUP):
            writer.write_table(_rows(range(begin, min(begin + ROW_GROUP, rows))))


def _rows(numbers: range) -> pa.Table:
    space = KeySpace("folders", numbers.stop)
    tails = [md5(b"%d" % each, usedforsecurity=False).hexdigest()[8:] for each in range(BLOCK)]
    columns = {
        "bucket": ["bench"] * len(numbers),
        "key": [*map(space.key, numbers)],
        "size": [100_000 + each * 7919 % 900_000 for each in numbers],
        "last_modified_date": [_BEGAN + timedelta(seconds=each) for each in numbers],
        "e_tag": [f"{each // BLOCK:08}{tails[each % BLOCK]}" for each in numbers],
        "storage_class": ["STANDARD"] * len(numbers),
    }
    return pa.table(columns, schema=_SCHEMA)
