"""List a bucket of Cloud Storage: as we do, with Google's client, and with gcloud-aio-storage."""

from base64 import b64decode
from collections.abc import AsyncGenerator
from datetime import datetime

import aiohttp
from gcloud.aio.storage import Storage
from google.cloud.storage import Client
from google.oauth2.credentials import Credentials
from pydantic import SecretStr

from shared.egress import EgressGuard
from shared.leases import ANY_REGION, BearerToken, Bucket
from shared.storage.base import ObjectRow
from shared.storage.gcs import GcsStore
from shared.storage.gcs_client import LeaseToken
from shared.storage.gcs_pages import PAGE_FIELDS
from shared.uris import Provider

_TOKEN = BearerToken(SecretStr("bench"))


async def list_gcs(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page."""
    bucket = Bucket(Provider.GCS, name, ANY_REGION, endpoint)
    async with GcsStore(bucket, _TOKEN, egress=EgressGuard(allow_private=True)) as store:
        async for page in store.list_pages(""):
            yield len(page.rows)


async def list_with_google(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page, which has the same fields as ours."""
    client = Client(
        project="bench",
        credentials=Credentials(token="bench"),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": endpoint},
    )
    for page in client.list_blobs(name, fields=PAGE_FIELDS).pages:
        rows = [(blob.name, blob.size, blob.md5_hash, blob.time_created) for blob in page]
        yield len(rows)


async def list_with_gcloud_aio(endpoint: str, name: str) -> AsyncGenerator[int]:
    """Yield the number of keys of each page, whose JSON its caller makes rows of."""
    async with aiohttp.ClientSession() as session:
        storage = Storage(
            token=LeaseToken(_TOKEN),
            session=session,  # type: ignore[arg-type]  # typed as the blocking one of `requests`
            api_root=endpoint,
            api_is_dev=False,
        )
        query = {"fields": PAGE_FIELDS}
        while True:
            page = await storage.list_objects(name, params=query)
            rows = [
                ObjectRow(
                    row["name"],
                    int(row["size"]),
                    b64decode(row["md5Hash"]).hex(),
                    datetime.fromisoformat(row["timeCreated"]),
                    row["storageClass"],
                )
                for row in page["items"]
            ]
            yield len(rows)
            if "nextPageToken" not in page:
                return
            query["pageToken"] = page["nextPageToken"]
