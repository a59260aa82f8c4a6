"""Fetching: an inventory and its data files, verified before a row is read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.ingest.inventories.fetching import fetch_data_file, fetch_inventory
from services.ingest.inventories.inventory import InventoryFile, InventoryFormat
from services.ingest.inventories.reading import stream_rows
from shared.clock import FrozenClock
from shared.errors import (
    InvalidInventoryError,
    ObjectNotFoundError,
    SourceDamagedError,
    StorageUnavailableError,
)
from tests.services.ingest.inventories.reports import (
    CSV,
    Listed,
    encoded,
    manifest_of,
    md5_of,
    write,
)
from tests.services.ingest.object_server import LOCATION, ORG, Asked, ObjectServer, Reading, reading

KEY = "reports/customer-images/daily/2026-11-21T01-00Z/manifest.json"
MANIFEST = encoded(manifest_of(CSV, {"reports/data/1.csv.gz": b"one"}))


class ReportServer(ObjectServer):
    """A server of several objects by the ends of their keys; another one is not there."""

    def __init__(self, objects: dict[str, bytes], *, missing: tuple[int, str]) -> None:
        super().__init__()
        self.objects = objects
        self.missing = missing

    def _answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:
        for end, body in self.objects.items():
            if request.path.endswith(end):
                self.body = body
                return super()._answer(request)
        status, code = self.missing
        return status, {}, f"<Error><Code>{code}</Code></Error>".encode()


@asynccontextmanager
async def serving(
    clock: FrozenClock,
    objects: dict[str, bytes],
    missing: tuple[int, str] = (403, "AccessDenied"),
) -> AsyncIterator[Reading]:
    async with reading(ReportServer(objects, missing=missing), clock) as there:
        yield there


@pytest.mark.parametrize("missing", [(403, "AccessDenied"), (404, "NoSuchKey")])
async def test_an_inventory_without_a_checksum_is_read(
    clock: FrozenClock, missing: tuple[int, str]
) -> None:
    async with serving(clock, {KEY: MANIFEST}, missing) as there:
        found = await fetch_inventory(there.reader, ORG, LOCATION, KEY, bucket="customer-images")
    assert [each.key for each in found.files] == ["reports/data/1.csv.gz"]
    checksum = KEY.replace("manifest.json", "manifest.checksum")
    assert there.server.asked[-1].path == f"/customer-images/{checksum}"


async def test_an_inventory_that_its_checksum_denies_is_refused(clock: FrozenClock) -> None:
    right = {KEY: MANIFEST, "manifest.checksum": md5_of(MANIFEST).encode()}
    async with serving(clock, right) as there:
        await fetch_inventory(there.reader, ORG, LOCATION, KEY, bucket="customer-images")
    wrong = {KEY: MANIFEST, "manifest.checksum": md5_of(b"another").encode()}
    async with serving(clock, wrong) as there:
        with pytest.raises(SourceDamagedError):
            await fetch_inventory(there.reader, ORG, LOCATION, KEY, bucket="customer-images")


async def test_a_checksum_that_cannot_be_asked_for_is_waited_for(clock: FrozenClock) -> None:
    async with serving(clock, {KEY: MANIFEST}, (500, "InternalError")) as there:
        with pytest.raises(StorageUnavailableError):
            await fetch_inventory(there.reader, ORG, LOCATION, KEY, bucket="customer-images")


async def test_a_manifest_of_another_name_has_no_checksum_beside_it(clock: FrozenClock) -> None:
    async with serving(clock, {"copy.json": MANIFEST}) as there:
        await fetch_inventory(there.reader, ORG, LOCATION, "copy.json", bucket="customer-images")
        assert len(there.server.asked) == 1
        with pytest.raises(InvalidInventoryError):
            await fetch_inventory(there.reader, ORG, LOCATION, "copy.json", bucket="another")


async def test_an_inventory_that_is_not_there_is_not_found(clock: FrozenClock) -> None:
    async with serving(clock, {}, (404, "NoSuchKey")) as there:
        with pytest.raises(ObjectNotFoundError):
            await fetch_inventory(there.reader, ORG, LOCATION, KEY, bucket="customer-images")


@pytest.mark.parametrize("file_format", InventoryFormat)
async def test_a_data_file_is_read_from_its_copy_which_has_no_name(
    clock: FrozenClock, tmp_path: Path, file_format: InventoryFormat
) -> None:
    listed = [Listed(f"key {number}") for number in range(12_345)]
    file = write(tmp_path / "data", file_format, listed)
    raw = (tmp_path / "data").read_bytes()
    file = replace(file, key="1.orc", size=len(raw), md5=md5_of(raw))
    async with serving(clock, {"1.orc": raw}) as there:
        there.server.cuts = [1000, 10_000]
        async with fetch_data_file(there.reader, ORG, LOCATION, file) as path:
            rows = [row async for batch in stream_rows(path, file) for row in batch.rows]
            assert path.read_bytes() == raw
            assert path.stat().st_nlink == 0
    assert rows == [each.row() for each in listed]


@pytest.mark.parametrize(
    "changes", [{"size": 4}, {"size": 2}, {"md5": md5_of(b"two")}, {"md5": "none"}]
)
async def test_a_data_file_that_is_not_the_one_of_the_manifest_is_refused(
    clock: FrozenClock, changes: dict[str, str | int]
) -> None:
    file = InventoryFile("1.gz", 3, md5_of(b"one"), CSV, [])
    async with serving(clock, {"1.gz": b"one"}) as there:
        async with fetch_data_file(there.reader, ORG, LOCATION, file) as path:
            assert path.read_bytes() == b"one"
        with pytest.raises(SourceDamagedError) as raised:
            async with fetch_data_file(
                there.reader,
                ORG,
                LOCATION,
                replace(file, **changes),  # type: ignore[arg-type] # one field at a time
            ):
                pytest.fail("a row could be read")
    assert raised.value.members == {"key": "1.gz"}
