"""List a container of Azure's in this process and print what it took: `ours`, or by the `sdk`."""

import asyncio
import sys
from collections.abc import AsyncGenerator

from azure.storage.blob.aio import ContainerClient
from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import Bucket, SasToken
from shared.storage.azure import AzureStore
from shared.uris import Provider
from tests.bench.listers import Lister, measure

ACCOUNT = "acme"
SAS = "sp=l&sv=2026-02-06&sr=c&sig=bench"


async def list_as_we_do(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page."""
    bucket = Bucket(Provider.AZURE, f"{ACCOUNT}/{name}", "auto", f"{endpoint}/{ACCOUNT}")
    egress = EgressGuard(allow_private=True)
    async with AzureStore(bucket, SasToken(SecretStr(SAS)), egress=egress) as store:
        async for page in store.list_pages(""):
            yield len(page.rows)


async def list_with_sdk(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page, whose rows a caller would look at."""
    async with ContainerClient(f"{endpoint}/{ACCOUNT}", name, credential=SAS) as client:
        async for page in client.list_blobs(results_per_page=5_000).by_page():
            rows = [(blob.name, blob.size, blob.etag) async for blob in page]
            yield len(rows)


LISTERS: dict[str, Lister] = {"ours": list_as_we_do, "sdk": list_with_sdk}

if __name__ == "__main__":
    asyncio.run(measure(LISTERS[sys.argv[1]], *sys.argv[2:]))
