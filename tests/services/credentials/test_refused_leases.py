"""Leases whose sessions the customer ended: replaced when somebody says so, and not too often."""

import asyncio
from datetime import timedelta

import pytest

from shared.errors import (
    BucketNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageUnavailableError,
)
from shared.leases import Operation
from tests.conftest import NOW
from tests.services.credentials.lease_house import HOUR, House

MINUTE = timedelta(minutes=1)


async def test_a_refused_lease_is_replaced_for_everybody(house: House) -> None:
    first = await house.get()
    house.clock.advance(MINUTE)
    second = await house.get(refused=first)
    assert (second.issued_at, second.expires_at) == (NOW + MINUTE, NOW + MINUTE + 2 * HOUR)
    assert second.grant != first.grant
    assert await house.get() == second


async def test_who_says_it_late_gets_the_lease_that_is_newer(house: House) -> None:
    first = await house.get()
    house.clock.advance(MINUTE)
    second = await house.get(refused=first)
    house.clock.advance(MINUTE)
    assert await house.get(refused=first) == second
    assert len(house.issuer.issued) == 2


async def test_a_cloud_that_refuses_every_lease_is_asked_for_one_a_minute(house: House) -> None:
    leases = [await house.get()]
    for _ in range(12):
        house.clock.advance(MINUTE / 4)
        leases.append(await house.get(refused=leases[-1]))
    issued = [(lease.issued_at - NOW) / MINUTE for lease in leases]
    assert issued == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]


async def test_many_who_say_it_together_get_one_lease(house: House) -> None:
    first = await house.get()
    house.clock.advance(MINUTE)
    replica = house.replica()
    leases = await asyncio.gather(*(house.get(replica=replica, refused=first) for _ in range(10)))
    assert leases == [leases[0]] * 10
    assert len(house.issuer.issued) == 2


async def test_each_operation_is_refused_by_itself(house: House) -> None:
    reading, listing = await house.get(Operation.READ), await house.get(Operation.LIST)
    house.clock.advance(MINUTE)
    await house.get(Operation.READ, refused=reading)
    assert await house.get(Operation.LIST) == listing


@pytest.mark.parametrize("error", [StorageUnavailableError("away"), StorageDeniedError("denied")])
async def test_a_refused_lease_is_not_given_out_again_because_a_new_one_cannot_be_had(
    house: House, error: StorageDeniedError | StorageUnavailableError
) -> None:
    first = await house.get()
    house.clock.advance(MINUTE)
    house.issuer.error = error
    with pytest.raises(type(error)):
        await house.get(refused=first)
    assert await house.get() == first  # whoever was not refused is still served


async def test_the_access_to_a_location_whose_lease_was_refused_is_looked_at(house: House) -> None:
    first = await house.get()
    assert house.refusals == []
    house.clock.advance(MINUTE)
    await house.get(refused=first)
    assert house.refusals == [(house.org_id, house.location_id)]


@pytest.mark.parametrize(
    ("error", "looks"),
    [
        (StorageDeniedError("denied"), 1),
        (BucketNotFoundError("gone"), 1),
        (StorageUnavailableError("away"), 0),
    ],
)
async def test_so_is_that_of_one_to_which_the_cloud_grants_no_lease(
    house: House, error: StorageError, looks: int
) -> None:
    house.issuer.error = error
    with pytest.raises(type(error)):
        await house.get()
    assert house.refusals == [(house.org_id, house.location_id)] * looks
