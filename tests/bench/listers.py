"""List a bucket in this process and print what it took: `ours` or aioboto3's `paginator`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from time import monotonic, process_time

import aioboto3
from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import Bucket, SessionKeys
from shared.storage.open import open_store
from shared.uris import Provider

REGION = "us-east-1"


async def list_as_we_do(endpoint: str, name: str) -> AsyncIterator[int]:
    """Yield the number of keys of each page."""
    bucket = Bucket(Provider.S3, name, REGION, endpoint, path_style=True)
    keys = SessionKeys("bench", SecretStr("bench"), SecretStr("bench"))
    async with open_store(bucket, keys, egress=EgressGuard(allow_private=True)) as store:
        async for page in store.list_pages(""):
            yield len(page.rows)


async def list_with_paginator(endpoint: str, name: str) -> AsyncIterator[int]:
    """Yield the number of keys of each page, whose rows a caller would look at."""
    session = aioboto3.Session("bench", "bench", region_name=REGION)
    async with session.client("s3", endpoint_url=endpoint) as client:
        async for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            rows = [(row["Key"], row["Size"], row["ETag"]) for row in page.get("Contents", [])]
            yield len(rows)


async def main(lister: str, endpoint: str, name: str) -> None:
    """List twice, and measure the second time: by then everything is loaded and connected."""
    pages = {"ours": list_as_we_do, "paginator": list_with_paginator}[lister]
    async for _ in pages(endpoint, name):
        break
    cpu, wall, keys = process_time(), monotonic(), 0
    async for found in pages(endpoint, name):
        keys += found
    document = {"keys": keys, "cpu": process_time() - cpu, "wall": monotonic() - wall}
    print(json.dumps(document))  # noqa: T201 (the bench reads it)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
