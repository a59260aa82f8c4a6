"""Fetching: an inventory's manifest, and its data files onto this machine's disk, verified."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from services.ingest.inventories.inventory import (
    LARGEST_DATA_FILE,
    Inventory,
    InventoryFile,
    parse_inventory,
)
from services.ingest.object_bytes import ObjectBytes
from services.ingest.object_reader import ObjectReader
from shared.errors import ObjectNotFoundError, SourceDamagedError, StorageDeniedError

MANIFEST = "manifest.json"
CHECKSUM = "manifest.checksum"
LARGEST_MANIFEST = 16 * 1024 * 1024  # 60,000 data files
_LARGEST_CHECKSUM = 1024
_BLOCK = 1024 * 1024  # written at a time, in a thread


async def fetch_inventory(
    objects: ObjectReader, org_id: UUID, location_id: UUID, key: str, *, bucket: str
) -> Inventory:
    """Return the inventory of `bucket` whose manifest.json has this key; verify its checksum.

    A checksum that is not there is not missed: S3 writes one beside each manifest, and whoever
    copies inventories may not. Raise what `parse_inventory` and the object store raise.
    """
    raw = await objects.read(org_id, location_id, key, largest=LARGEST_MANIFEST)
    checksum = None
    if key.endswith(MANIFEST):
        beside = key.removesuffix(MANIFEST) + CHECKSUM
        # S3 denies what is missing to those who may not list ("GetObject", S3 API).
        with suppress(ObjectNotFoundError, StorageDeniedError):
            checksum = await objects.read(org_id, location_id, beside, largest=_LARGEST_CHECKSUM)
    return parse_inventory(raw, bucket=bucket, checksum=checksum)


@asynccontextmanager
async def fetch_data_file(
    objects: ObjectReader, org_id: UUID, location_id: UUID, file: InventoryFile
) -> AsyncIterator[Path]:
    """Give the path of a verified copy of a data file, which is gone when the context ends.

    It has no name on the disk, so that nothing is left of it when the worker is killed. Raise
    SourceDamagedError when it is not the file that the manifest names, before a row is read.
    """
    with TemporaryFile(prefix="mooring-inventory-") as copy:
        async with objects.open(org_id, location_id, file.key, largest=LARGEST_DATA_FILE) as opened:
            await _copy(opened, file, copy)
        yield Path(f"/dev/fd/{copy.fileno()}")


async def _copy(opened: ObjectBytes, file: InventoryFile, copy: IO[bytes]) -> None:
    if opened.size != file.size:
        raise _damaged(file)
    digest = hashlib.md5(usedforsecurity=False)

    def write(block: bytes) -> None:
        digest.update(block)
        copy.write(block)

    held = bytearray()
    async for chunk in opened:
        held += chunk
        if len(held) >= _BLOCK:
            await asyncio.to_thread(write, bytes(held))
            held.clear()
    await asyncio.to_thread(write, bytes(held))
    copy.flush()
    copy.seek(0)
    if digest.hexdigest() != file.md5:
        raise _damaged(file)


def _damaged(file: InventoryFile) -> SourceDamagedError:
    return SourceDamagedError(
        "A data file of the inventory is not the one that its manifest names.", key=file.key
    )
