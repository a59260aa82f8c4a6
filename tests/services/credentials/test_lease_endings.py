"""Leases end with what they were made of: the credential's version, its location, its seal."""

import asyncio
from dataclasses import replace

import pytest

from services.credentials.identities import StoredIdentity
from shared.database.external_locations import insert_external_location
from shared.database.sealed_leases import SealedLease
from shared.errors import (
    CredentialRetiredError,
    NotFoundError,
    SealBrokenError,
)
from shared.leases import SigningKeys
from tests.services.credentials.lease_house import House


async def test_rotation_invalidates_the_lease(house: House) -> None:
    first = await house.get()
    new = StoredIdentity("assume_role", {"role_arn": "arn:aws:iam::222222222222:role/other"})
    await house.credentials.rotate(house.org_id, house.credential_id, new)
    assert await house.find() is None
    second = await house.get()
    assert second.grant != first.grant
    assert len(house.issuer.issued) == 2


async def test_a_lease_that_a_rotation_overtakes_is_not_given_out(house: House) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = asyncio.create_task(house.get())
    await house.issuer.arrivals.acquire()
    new = StoredIdentity("assume_role", {"role_arn": "arn:aws:iam::222222222222:role/other"})
    await house.credentials.rotate(house.org_id, house.credential_id, new)
    house.issuer.pause.set()
    lease = await waiting
    assert isinstance(lease.grant, SigningKeys)
    assert lease.grant.access_key_id == "ASIA2"


async def test_a_retired_credential_vends_nothing_and_leaves_nothing(house: House) -> None:
    await house.get()
    await house.credentials.retire(house.org_id, house.credential_id, detach_locations=True)
    assert await house.find() is None
    with pytest.raises(NotFoundError):
        await house.get()


async def test_a_lease_in_flight_while_its_credential_retires_is_not_given_out(
    house: House,
) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = asyncio.create_task(house.get())
    await house.issuer.arrivals.acquire()
    await house.credentials.retire(house.org_id, house.credential_id, detach_locations=True)
    house.issuer.pause.set()
    with pytest.raises(CredentialRetiredError):
        await waiting
    assert await house.find() is None


async def test_a_lease_moved_to_another_location_does_not_open(house: House) -> None:
    await house.get()
    stored = await house.find()
    assert stored is not None
    async with house.database.begin(house.org_id) as session:
        other = await insert_external_location(
            session,
            org_id=house.org_id,
            credential_id=house.credential_id,
            name="Other",
            provider="s3",
            bucket="acme-data",
            prefix="other/",
            region="eu-central-1",
            origins=[],
        )
        session.add(
            SealedLease(
                location_id=other.location_id,
                operation=stored.operation,
                org_id=stored.org_id,
                sealed=stored.sealed,
                data_key_id=stored.data_key_id,
                credential_version=stored.credential_version,
                issued_at=stored.issued_at,
                renew_at=stored.renew_at,
                expires_at=stored.expires_at,
            )
        )
    moved = replace(house, location_id=other.location_id)
    with pytest.raises(SealBrokenError):
        await moved.get()
