"""A customer's bucket in the emulated Cloud Storage, an account that reads it, and a clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
from yarl import URL

from deploy.local.clouds.gcs_server import gcs_server
from deploy.local.clouds.gcs_world import GcsWorld
from shared.leases import ANY_REGION, Bucket
from shared.storage.signing.gcs import RSA, UnsignedUrl, prepare_gcs
from shared.uris import Provider

EMAIL = "reader@mooring.iam.gserviceaccount.com"
VAULT = "vault@mooring.iam.gserviceaccount.com"
NOW = datetime(2026, 5, 24, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def real_clock() -> datetime:
    """Return the time by which botocore and PyJWT go."""
    return datetime.now(UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@asynccontextmanager
async def reading(clock: Clock) -> AsyncIterator[GcsWorld]:
    """Serve a bucket `acme` that a service account may read, as which the vault may act."""
    async with gcs_server(GcsWorld(clock)) as world:
        world.add_bucket("acme")
        world.add_account(EMAIL, token_creators=[VAULT])
        world.grant("acme", EMAIL)
        yield world


def bucket_of(world: GcsWorld) -> Bucket:
    return Bucket(Provider.GCS, "acme", ANY_REGION, world.url)


def unsigned(world: GcsWorld, key: str) -> UnsignedUrl:
    return prepare_gcs(
        bucket_of(world), key, access_id=EMAIL, algorithm=RSA, signed_at=NOW, expires_in=HOUR
    )


async def fetch(
    http: aiohttp.ClientSession, url: str, method: str = "GET", **headers: str
) -> tuple[int, str]:
    """Return the status, and the code of a refusal or else the body."""
    async with http.request(method, URL(url, encoded=True), headers=headers) as answer:
        text = await answer.text()
        code = text.partition("<Code>")[2].partition("</Code>")[0]
        return answer.status, code or text
