"""An inventory's manifest: read as S3 writes it, and refused in words when it is another thing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.inventories.inventory import (
    Inventory,
    InventoryFile,
    InventoryFormat,
    parse_inventory,
)
from shared.errors import InvalidInventoryError, SourceDamagedError
from tests.services.ingest.inventories.reports import (
    COLUMNS,
    CSV,
    SCHEMAS,
    encoded,
    manifest_of,
    md5_of,
)

BUCKET = "customer-images"
FILES = {"reports/data/1.gz": b"one", "reports/data/2.gz": b"two!"}


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_a_manifest_says_what_there_is_to_read(file_format: InventoryFormat) -> None:
    files = [
        InventoryFile("reports/data/1.gz", 3, md5_of(b"one"), file_format, [*COLUMNS]),
        InventoryFile("reports/data/2.gz", 4, md5_of(b"two!"), file_format, [*COLUMNS]),
    ]
    raw = encoded(manifest_of(file_format, FILES))
    assert parse_inventory(raw, bucket=BUCKET) == Inventory(
        source_bucket=BUCKET,
        created_at=datetime(2018, 1, 3, 2, 0, tzinfo=UTC),
        file_format=file_format,
        columns=[*COLUMNS],
        files=files,
    )
    assert [InventoryFile.of_work(json.loads(json.dumps(each.as_work()))) for each in files] == (
        files
    )


@pytest.mark.parametrize("file_format", InventoryFormat)
def test_the_columns_may_be_the_least_that_are_needed_in_any_order(
    file_format: InventoryFormat,
) -> None:
    schemas = {
        "CSV": "Bucket, Key, LastModifiedDate, ETag,Size",
        "ORC": "struct<bucket:string,key:string,last_modified_date:timestamp,e_tag:string,"
        "size:bigint>",
        "Parquet": "message s3.inventory {  required binary bucket (STRING);\n  required binary key"
        " (UTF8); optional int64 last_modified_date; optional binary e_tag (UTF8);"
        " optional int64 size; }",
    }
    manifest = manifest_of(file_format, FILES, fileSchema=schemas[file_format.value])
    found = parse_inventory(encoded(manifest), bucket=BUCKET)
    assert found.columns == ["bucket", "key", "lastmodifieddate", "etag", "size"]


def test_the_checksum_beside_a_manifest_is_verified() -> None:
    raw = encoded(manifest_of(CSV, FILES))
    for checksum in (md5_of(raw), md5_of(raw).upper(), f" {md5_of(raw)}\n"):
        parse_inventory(raw, bucket=BUCKET, checksum=checksum.encode())
    for checksum in (md5_of(raw + b" "), "", "\ufffd"):
        with pytest.raises(SourceDamagedError):
            parse_inventory(raw, bucket=BUCKET, checksum=checksum.encode())


def test_an_inventory_of_another_bucket_is_refused() -> None:
    with pytest.raises(InvalidInventoryError, match="another bucket"):
        parse_inventory(encoded(manifest_of(CSV, FILES)), bucket="customer-videos")


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        (SCHEMAS[CSV].replace("Size, ", ""), ["Size"]),
        (SCHEMAS[CSV].replace("ETag,", "").replace("Size, ", ""), ["Size", "ETag"]),
        (SCHEMAS[CSV].replace("LastModifiedDate,", ""), ["LastModifiedDate"]),
        ("Bucket, Key", ["Size", "ETag", "LastModifiedDate"]),
    ],
)
def test_columns_that_are_missing_are_named(schema: str, missing: list[str]) -> None:
    raw = encoded(manifest_of(CSV, FILES, fileSchema=schema))
    with pytest.raises(InvalidInventoryError) as raised:
        parse_inventory(raw, bucket=BUCKET)
    assert raised.value.members == {"missing": missing}
    assert " and no ".join(missing) in raised.value.detail


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"fileFormat": "JSON"}, "fileFormat"),
        ({"fileFormat": None}, "fileFormat"),
        ({"fileSchema": 3}, "fileSchema"),
        ({"sourceBucket": None}, "sourceBucket"),
        ({"creationTimestamp": "yesterday"}, "creationTimestamp"),
        ({"creationTimestamp": "99999999999999999"}, "creationTimestamp"),
        ({"files": "none"}, "files"),
        ({"files": [{"key": "1.gz", "size": 3}]}, "files.0.MD5checksum"),
        ({"files": [{"key": "1.gz", "size": -1, "MD5checksum": "0"}]}, "files.0.size"),
        ({"files": [{"key": "1.gz", "size": 2**40, "MD5checksum": "0"}]}, "files.0.size"),
    ],
)
def test_what_is_not_as_s3_writes_it_is_named(changes: dict[str, Any], place: str) -> None:
    raw = encoded(manifest_of(CSV, FILES, **changes))
    with pytest.raises(InvalidInventoryError, match=rf": {place} is not as"):
        parse_inventory(raw, bucket=BUCKET)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"s3://bucket/1.gz\n"])
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInventoryError):
        parse_inventory(raw, bucket=BUCKET)


def test_what_is_no_work_is_refused() -> None:
    with pytest.raises(ValueError, match="work"):
        InventoryFile.of_work({"key": "1.gz", "size": 3})
