"""List a bucket in this process and print what it took: `ours`, `ranges`, the `paginator` and more.

`ours` is one listing after its pages, `ranges` are as many side by side as a location may have,
`paginator` is aioboto3's. Those that begin with `gcs` list one of Cloud Storage.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import pairwise
from time import monotonic, process_time
from typing import TypeAlias

import aioboto3
from pydantic import SecretStr

from services.ingest.splitting import find_boundaries
from services.ingest.worker import calm_garbage_collector
from shared.egress import EgressGuard
from shared.leases import Bucket, SessionKeys
from shared.storage.base import ObjectStore
from shared.storage.open import open_store
from shared.uris import Provider
from tests.bench.gcs_listers import list_gcs, list_with_gcloud_aio, list_with_google

REGION = "us-east-1"
RANGES = 16  # as many as MOORING_WORKER_RANGES_PER_LOCATION allows by default


def open_bucket(endpoint: str, name: str) -> ObjectStore:
    bucket = Bucket(Provider.S3, name, REGION, endpoint, path_style=True)
    keys = SessionKeys("bench", SecretStr("bench"), SecretStr("bench"))
    return open_store(bucket, keys, egress=EgressGuard(allow_private=True))


async def list_as_we_do(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page."""
    async with open_bucket(endpoint, name) as store:
        async for page in store.list_pages(""):
            yield len(page.rows)


async def list_in_ranges(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of the first page, and of each range that the rest is cut in."""
    async with open_bucket(endpoint, name) as store:
        first = await anext(store.list_pages(""))
        yield len(first.rows)
        if first.last is None:
            return
        seen = [row.key for row in first.rows]
        boundaries = await find_boundaries(
            store, "", after=first.last, upper=None, pieces=RANGES, seen=seen
        )
    bounds = pairwise([first.last, *boundaries, None])
    listings = [asyncio.create_task(_list_range(endpoint, name, *each)) for each in bounds]
    for listing in listings:
        yield await listing


async def _list_range(endpoint: str, name: str, after: str | None, upper: str | None) -> int:
    """Return the number of keys in `(after, upper]`, listed by a client of its own."""
    keys = 0
    async with open_bucket(endpoint, name) as store:
        async for page in store.list_pages("", after=after):
            if upper is not None and (page.last is None or page.last >= upper):
                return keys + sum(row.key <= upper for row in page.rows)
            keys += len(page.rows)
    return keys


async def list_with_paginator(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page, whose rows a caller would look at."""
    session = aioboto3.Session("bench", "bench", region_name=REGION)
    async with session.client("s3", endpoint_url=endpoint) as client:
        async for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            rows = [(row["Key"], row["Size"], row["ETag"]) for row in page.get("Contents", [])]
            yield len(rows)


Lister: TypeAlias = Callable[[str, str], AsyncGenerator[int]]
LISTERS: dict[str, Lister] = {
    "ours": list_as_we_do,
    "ranges": list_in_ranges,
    "paginator": list_with_paginator,
    "gcs": list_gcs,
    "gcs-google": list_with_google,
    "gcs-aio": list_with_gcloud_aio,
}


async def measure(list_bucket: Lister, endpoint: str, name: str) -> None:
    """List twice, and measure the second time: by then everything is loaded and connected."""
    calm_garbage_collector()  # as the worker does; the SDKs gain by it, too
    async with aclosing(list_bucket(endpoint, name)) as pages:
        await anext(pages)
    cpu, wall, keys = process_time(), monotonic(), 0
    async for found in list_bucket(endpoint, name):
        keys += found
    document = {"keys": keys, "cpu": process_time() - cpu, "wall": monotonic() - wall}
    print(json.dumps(document))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    asyncio.run(measure(LISTERS[sys.argv[1]], *sys.argv[2:]))
