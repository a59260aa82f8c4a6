"""Inventories for tests: data files as S3 writes them, in each of the three formats."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet

from services.ingest.inventories.inventory import InventoryFile, InventoryFormat
from shared.storage.base import ObjectRow

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)
CSV, ORC, PARQUET = InventoryFormat.CSV, InventoryFormat.ORC, InventoryFormat.PARQUET

SCHEMAS = {
    CSV: "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag,"
    " StorageClass, IsMultipartUploaded",
    ORC: "struct<bucket:string,key:string,version_id:string,is_latest:boolean,"
    "is_delete_marker:boolean,size:bigint,last_modified_date:timestamp,e_tag:string,"
    "storage_class:string,is_multipart_uploaded:boolean>",
    PARQUET: "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8);"
    " optional binary version_id (UTF8); optional boolean is_latest; optional boolean"
    " is_delete_marker; optional int64 size; optional int64 last_modified_date"
    " (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); optional binary storage_class (UTF8);"
    " optional boolean is_multipart_uploaded; }",
}
COLUMNS = (
    "bucket", "key", "versionid", "islatest", "isdeletemarker", "size", "lastmodifieddate", "etag",
    "storageclass", "ismultipartuploaded",
)  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """One row of a report."""

    key: str | bytes
    size: int | None = 5
    etag: str | None = "5d41402abc4b2a76b9719d911017c592"
    time: datetime | None = NOON
    storage_class: str | None = "STANDARD"
    version_id: str | None = None
    is_latest: bool = True
    is_delete_marker: bool = False

    @property
    def raw(self) -> bytes:
        return self.key.encode() if isinstance(self.key, str) else self.key

    def row(self) -> ObjectRow:
        """Return what is to be read of it."""
        assert isinstance(self.key, str)
        assert self.size is not None
        assert self.time is not None
        etag = (self.etag or "").strip('"')
        storage_class = self.storage_class or "STANDARD"
        return ObjectRow(
            self.key, self.size, etag, self.time, storage_class, self.version_id or None
        )


def file_of(file_format: InventoryFormat, columns: Sequence[str] = COLUMNS) -> InventoryFile:
    return InventoryFile("data", 0, "", file_format, columns)


def write(path: Path, file_format: InventoryFormat, listed: Sequence[Listed]) -> InventoryFile:
    """Write a data file that lists these."""
    if file_format is CSV:
        write_csv(path, listed)
    else:
        write_table(path, file_format, table_of(file_format, listed))
    return file_of(file_format)


def write_csv(path: Path, listed: Sequence[Listed]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for each in listed:
        time = "" if each.time is None else each.time.isoformat(timespec="milliseconds")
        writer.writerow(
            [
                "customer-images",
                quote_plus(each.raw, safe="/"),
                each.version_id,
                str(each.is_latest).lower(),
                str(each.is_delete_marker).lower(),
                each.size,
                time.replace("+00:00", "Z"),
                each.etag,
                each.storage_class,
                "false",
            ]
        )
    path.write_bytes(gzip.compress(text.getvalue().encode()))


def write_table(path: Path, file_format: InventoryFormat, table: pa.Table) -> None:
    if file_format is ORC:
        pa.orc.write_table(table, path, compression="zlib")
    else:
        pa.parquet.write_table(table, path, compression="snappy")


def table_of(file_format: InventoryFormat, listed: Sequence[Listed]) -> pa.Table:
    time = pa.timestamp("ns") if file_format is ORC else pa.timestamp("ms", tz="UTC")
    zone = None if file_format is ORC else UTC
    times = [each.time and each.time.replace(tzinfo=zone) for each in listed]
    columns: dict[str, Any] = {
        "bucket": pa.array(["customer-images"] * len(listed), pa.string()),
        "key": texts_of([each.raw for each in listed]),
        "version_id": pa.array([each.version_id for each in listed], pa.string()),
        "is_latest": pa.array([each.is_latest for each in listed], pa.bool_()),
        "is_delete_marker": pa.array([each.is_delete_marker for each in listed], pa.bool_()),
        "size": pa.array([each.size for each in listed], pa.int64()),
        "last_modified_date": pa.array(times, time),
        "e_tag": pa.array([each.etag for each in listed], pa.string()),
        "storage_class": pa.array([each.storage_class for each in listed], pa.string()),
        "is_multipart_uploaded": pa.array([False] * len(listed), pa.bool_()),
    }
    return pa.table(columns)


def texts_of(raws: Sequence[bytes]) -> pa.Array:
    """Return a column of text of bytes that may be none, as no writer checks them."""
    raw = pa.array(raws, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())


def manifest_of(
    file_format: InventoryFormat, data: dict[str, bytes], **changes: object
) -> dict[str, Any]:
    """Return what a manifest.json says of these data files."""
    return {
        "sourceBucket": "customer-images",
        "destinationBucket": "arn:aws:s3:::customer-reports",
        "version": "2016-11-30",
        "creationTimestamp": "1514944800000",
        "fileFormat": file_format.value,
        "fileSchema": SCHEMAS[file_format],
        "files": [
            {"key": key, "size": len(raw), "MD5checksum": md5_of(raw)} for key, raw in data.items()
        ],
        **changes,
    }


def encoded(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, indent=4).encode()


def md5_of(raw: bytes) -> str:
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()
