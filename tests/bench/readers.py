"""Read a sample in this process and print what it took, as ours or as one that holds it whole."""

import asyncio
import csv
import gzip
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import monotonic
from uuid import UUID

from services.ingest.manifests.choosing import choose_lines
from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.reading import read_lines
from services.ingest.worker import calm_garbage_collector
from shared.database.external_locations import ExternalLocation
from tests.bench.usage import peak_memory

CHUNK = 1024 * 1024  # as ObjectBytes gives them


async def read_manifest(path: Path) -> int:
    """Do what a worker does with a manifest up to Postgres; return the number of keys."""
    nobody = UUID(int=0)
    location = ExternalLocation(
        location_id=nobody,
        org_id=nobody,
        credential_id=nobody,
        name="bench",
        provider="s3",
        bucket="bench",
        prefix="",
        region="us-east-1",
        origins=[],
    )
    keys = 0
    async for lines in read_lines(_chunks(path), ManifestFormat.CSV):
        keys += len(choose_lines(location, lines).keys)
    return keys


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


async def hold_manifest(path: Path) -> int:
    with gzip.open(path, "rt", newline="") as file:
        return len([*csv.DictReader(file)])


async def read_inventory(path: Path) -> int:
    """Do what a worker does with a data file up to Postgres; return the number of objects."""
    from services.ingest.inventories.inventory import (  # noqa: PLC0415 (loads no Arrow elsewhere)
        InventoryFile,
        InventoryFormat,
    )
    from services.ingest.inventories.reading import stream_rows  # noqa: PLC0415

    file = InventoryFile(path.name, 0, "", InventoryFormat.PARQUET, [])
    objects = 0
    async for batch in stream_rows(path, file):
        objects += len(batch.rows)
    return objects


async def hold_inventory(path: Path) -> int:
    from pyarrow.parquet import read_table  # noqa: PLC0415

    return len(read_table(path).to_pylist())


READERS: dict[str, Callable[[Path], Awaitable[int]]] = {
    "manifest": read_manifest,
    "whole manifest": hold_manifest,
    "inventory": read_inventory,
    "whole inventory": hold_inventory,
}


async def main(reader: str, path: str) -> None:
    calm_garbage_collector()  # as the worker does
    began = monotonic()
    entries = await READERS[reader](Path(path))
    document = {
        "entries": entries,
        "wall": monotonic() - began,
        "memory": peak_memory(os.getpid()),
    }
    print(json.dumps(document))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
