"""Reading objects of a server that checks signatures, ranges and conditions."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud, Keys
from deploy.local.clouds.azurite import Azurite
from services.ingest.object_reader import ObjectReader
from shared.clock import SystemClock
from shared.egress import EgressGuard
from shared.errors import (
    EndpointNotAllowedError,
    ObjectNotFoundError,
    SourceChangedError,
    StorageDeniedError,
)
from shared.lease_cache import LeaseCache
from shared.leases import Bucket, Lease, Operation, SigningKeys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from tests.emulators.customer import EXTERNAL_ID, REGION, assume
from tests.hard_keys import HARD_KEYS
from tests.local_signing import local_signer
from tests.services.ingest.object_server import LOCATION, ORG

BODY = os.urandom(300_000)


class SessionVault:
    """Vend leases to read, of sessions of a customer's role."""

    def __init__(self, cloud: AwsCloud, bucket: str, role: str) -> None:
        self._cloud = cloud
        self._bucket = Bucket(Provider.S3, bucket, REGION, cloud.endpoint, path_style=True)
        self._role = role

    async def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,  # noqa: ARG002 (each lease is another one)
    ) -> Lease:
        keys: Keys = assume(
            self._cloud.client("sts", self._cloud.vault), self._role, ExternalId=EXTERNAL_ID
        )
        now = datetime.now(UTC)
        days = (now.date(), (now + timedelta(days=1)).date())
        signing = {day: derive_signing_key(keys.secret_access_key, day, REGION) for day in days}
        token = None if keys.session_token is None else SecretStr(keys.session_token)
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=self._bucket,
            prefix="",
            grant=SigningKeys(keys.access_key_id, token, signing),
            issued_at=now,
            expires_at=now + timedelta(hours=1),
            renew_at=now + timedelta(minutes=30),
        )


@pytest.fixture
async def reader(cloud: AwsCloud, bucket: str, role: str) -> AsyncIterator[ObjectReader]:
    clock = SystemClock()
    leases = LeaseCache(SessionVault(cloud, bucket, role), clock)
    async with ObjectReader(
        leases, local_signer(), EgressGuard(allow_private=True), clock
    ) as opened:
        yield opened


async def test_hard_keys_are_read(cloud: AwsCloud, bucket: str, reader: ObjectReader) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    keys = [f"photos/{key[:1000]}" for key in HARD_KEYS if len(key.encode()) < 1000]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    found = [await reader.read(ORG, LOCATION, key, largest=2000) for key in keys]
    assert found == [key.encode() for key in keys]


async def test_an_object_is_read_from_where_it_was_left_unless_it_was_replaced(
    cloud: AwsCloud, bucket: str, reader: ObjectReader
) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    etag = s3.put_object(Bucket=bucket, Key="photos/long", Body=BODY)["ETag"].strip('"')
    async with reader.open(ORG, LOCATION, "photos/long", largest=10**6) as opened:
        assert (opened.size, opened.etag) == (len(BODY), etag)
        assert b"".join([chunk async for chunk in opened]) == BODY
    for start in (1, 299_999, 300_000):
        async with reader.open(
            ORG, LOCATION, "photos/long", largest=10**6, start=start, etag=etag
        ) as opened:
            assert b"".join([chunk async for chunk in opened]) == BODY[start:]
    s3.put_object(Bucket=bucket, Key="photos/long", Body=BODY[::-1])
    with pytest.raises(SourceChangedError):
        async with reader.open(ORG, LOCATION, "photos/long", largest=10**6, start=1, etag=etag):
            pytest.fail("it is another object")


async def test_what_is_missing_or_denied_is_told(reader: ObjectReader) -> None:
    with pytest.raises((ObjectNotFoundError, StorageDeniedError)):
        await reader.read(ORG, LOCATION, "photos/missing", largest=1)
    with pytest.raises(StorageDeniedError):
        await reader.read(ORG, LOCATION, "private/b.txt", largest=100)


class DelegatedVault:
    """Vend leases to read a container, which a user delegation key signs."""

    def __init__(self, azurite: Azurite, bucket: Bucket) -> None:
        self._azurite = azurite
        self._bucket = bucket

    async def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,  # noqa: ARG002 (none is)
    ) -> Lease:
        now = datetime.now(UTC).replace(microsecond=0)
        key = await self._azurite.delegation_key(
            starts_at=now - timedelta(minutes=5), expires_at=now + timedelta(hours=1)
        )
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=self._bucket,
            prefix="",
            grant=key,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
            renew_at=now + timedelta(minutes=30),
        )


async def test_blobs_of_an_account_whose_address_has_a_path_are_read(azurite: Azurite) -> None:
    async with azurite.container() as container:
        bucket = azurite.bucket(container.container_name)
    async with azurite.uploads(bucket) as put:
        await put("a photo.jpg", BODY)
    clock = SystemClock()
    leases = LeaseCache(DelegatedVault(azurite, bucket), clock)
    lease = await leases.get(ORG, LOCATION, Operation.READ)
    async with ObjectReader(
        leases, local_signer(), EgressGuard(allow_private=True), clock
    ) as reader:
        assert await reader.read(ORG, LOCATION, "a photo.jpg", largest=10**6) == BODY
        await reader.probe(lease, "a photo.jpg")
        with pytest.raises(ObjectNotFoundError):
            await reader.probe(lease, "missing.jpg")
    async with ObjectReader(
        leases, local_signer(), EgressGuard(allow_private=False), clock
    ) as strict:
        with pytest.raises(EndpointNotAllowedError):
            await strict.probe(lease, "a photo.jpg")
