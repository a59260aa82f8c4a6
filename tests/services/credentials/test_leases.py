"""Leases: one for all replicas, renewed at half its life, gone with the credential's version."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from services.credentials.issuers.base import Reach
from shared.errors import (
    NotFoundError,
    StorageDeniedError,
    StorageUnavailableError,
)
from shared.leases import Bucket, Lease, Operation, SessionKeys, SigningKeys
from shared.uris import Provider
from tests.conftest import NOW, Tenant
from tests.services.credentials.lease_house import HOUR, House


async def test_a_lease_says_what_it_grants_and_until_when(house: House) -> None:
    lease = await house.get(Operation.LIST)
    assert lease == Lease(
        org_id=house.org_id,
        location_id=house.location_id,
        operation=Operation.LIST,
        bucket=Bucket(Provider.S3, "acme-data", "eu-central-1"),
        prefix="photos/",
        grant=SessionKeys("ASIA1", SecretStr("the-session-secret"), SecretStr("token")),
        issued_at=NOW,
        expires_at=NOW + 2 * HOUR,
        renew_at=NOW + HOUR,
    )
    assert house.issuer.issued == [Reach(lease.bucket, "photos/", Operation.LIST)]


async def test_a_reading_lease_holds_signing_keys_and_no_secret(house: House) -> None:
    lease = await house.get(Operation.READ)
    assert isinstance(lease.grant, SigningKeys)
    assert set(lease.grant.keys) == {NOW.date()}


async def test_all_replicas_share_one_lease(house: House) -> None:
    first = await house.get()
    house.clock.advance(timedelta(minutes=59))
    assert [await house.get() for _ in range(3)] == [first] * 3
    assert len(house.issuer.issued) == 1


async def test_each_operation_has_a_lease_of_its_own(house: House) -> None:
    await house.get(Operation.READ)
    await house.get(Operation.LIST)
    assert [reach.operation for reach in house.issuer.issued] == [Operation.READ, Operation.LIST]


async def test_a_lease_is_renewed_from_half_its_life_on(house: House) -> None:
    first = await house.get()
    house.clock.advance(HOUR)
    second = await house.get()
    assert (first.renew_at, second.issued_at) == (NOW + HOUR, NOW + HOUR)
    assert second.expires_at == NOW + 3 * HOUR


async def test_replicas_that_renew_together_end_with_one_lease(house: House) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = [asyncio.create_task(house.get(replica=house.replica())) for _ in range(5)]
    for _ in waiting:
        await house.issuer.arrivals.acquire()
    house.issuer.pause.set()
    leases = await asyncio.gather(*waiting)
    assert leases == [leases[0]] * 5


async def test_a_replica_asks_once_however_many_wait(house: House) -> None:
    replica = house.replica()
    leases = await asyncio.gather(*(house.get(replica=replica) for _ in range(10)))
    assert leases == [leases[0]] * 10
    assert len(house.issuer.issued) == 1


@pytest.mark.parametrize("minutes", [60, 119])
async def test_the_old_lease_serves_while_renewal_fails_for_a_passing_reason(
    house: House, minutes: int
) -> None:
    first = await house.get()
    house.clock.advance(timedelta(minutes=minutes))
    house.issuer.error = StorageUnavailableError("away")
    assert await house.get() == first


async def test_an_expired_lease_is_never_given_out(house: House) -> None:
    await house.get()
    house.clock.advance(2 * HOUR)
    house.issuer.error = StorageUnavailableError("away")
    with pytest.raises(StorageUnavailableError):
        await house.get()


async def test_a_renewal_that_is_denied_ends_the_lease(house: House) -> None:
    await house.get()
    house.clock.advance(HOUR)
    house.issuer.error = StorageDeniedError("denied")
    with pytest.raises(StorageDeniedError):
        await house.get()


async def test_a_bucket_that_is_addressed_in_another_way_gets_a_new_lease(house: House) -> None:
    await house.get()
    house.issuer.region = "us-west-2"
    lease = await house.get()
    assert lease.bucket == Bucket(Provider.S3, "acme-data", "us-west-2")
    assert len(house.issuer.issued) == 2


async def test_the_stored_lease_shows_no_key(house: House) -> None:
    await house.get()
    stored = await house.find()
    assert stored is not None
    for secret in (b"ASIA", b"token", b"the-session-secret"):
        assert secret not in stored.sealed


async def test_a_foreign_or_absent_location_has_no_lease(
    house: House, other_tenant: Tenant
) -> None:
    with pytest.raises(NotFoundError):
        await replace(house, org_id=other_tenant.org_id).get()
    with pytest.raises(NotFoundError):
        await replace(house, location_id=uuid4()).get()
