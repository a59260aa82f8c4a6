"""Leases in memory: one question at a time, no failure remembered, nothing that has expired."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.clock import FrozenClock
from shared.errors import LeaseExpiredError, NotFoundError, VaultUnavailableError
from shared.lease_cache import PAUSE, TRUST, LeaseCache
from shared.leases import Operation
from tests.shared.vending import HERE, HOUR, THERE, Place, Vault

ORG, LOCATION, _ = HERE


@pytest.fixture
def vault(clock: FrozenClock) -> Vault:
    return Vault(clock)


@pytest.fixture
def cache(vault: Vault, clock: FrozenClock) -> LeaseCache:
    return LeaseCache(vault, clock)


# --- One question ----------------------------------------------------------------------------


@pytest.mark.parametrize(("life", "pause"), [(HOUR, TRUST), (TRUST, TRUST / 2)])
async def test_a_lease_is_asked_for_again_once_a_minute_and_at_half_its_life(
    cache: LeaseCache, vault: Vault, clock: FrozenClock, life: timedelta, pause: timedelta
) -> None:
    vault.life = life
    first = await cache.get(*HERE)
    clock.advance(pause - timedelta(microseconds=1))
    assert await cache.get(*HERE) is first
    clock.advance(timedelta(microseconds=1))
    second = await cache.get(*HERE)
    assert second.issued_at == clock.now()
    assert vault.asked == {HERE: 2}


async def test_each_place_has_a_lease_of_its_own(cache: LeaseCache, vault: Vault) -> None:
    places: list[Place] = [
        HERE,
        THERE,
        (ORG, uuid4(), Operation.LIST),
        (uuid4(), LOCATION, Operation.LIST),
    ]
    leases = [await cache.get(*place) for place in places]
    assert [(each.org_id, each.location_id, each.operation) for each in leases] == places
    assert vault.asked == Counter(places)


async def test_many_at_once_ask_once(cache: LeaseCache, vault: Vault) -> None:
    vault.open.clear()
    waiting = [asyncio.create_task(cache.get(*HERE)) for _ in range(50)]
    elsewhere = asyncio.create_task(cache.get(*THERE))
    await asyncio.sleep(0)
    vault.open.set()
    leases = await asyncio.gather(*waiting)
    await elsewhere
    assert all(lease is leases[0] for lease in leases)
    assert vault.asked == {HERE: 1, THERE: 1}


async def test_a_failure_reaches_all_who_wait_and_is_not_remembered(
    cache: LeaseCache, vault: Vault
) -> None:
    vault.open.clear()
    vault.failure = NotFoundError("There is no such external location.")
    waiting = [asyncio.create_task(cache.get(*HERE)) for _ in range(50)]
    await asyncio.sleep(0)
    vault.open.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} == {NotFoundError}
    assert vault.asked == {HERE: 1}
    vault.failure = None
    assert (await cache.get(*HERE)).location_id == LOCATION


async def test_one_who_gives_up_does_not_spoil_it_for_the_others(
    cache: LeaseCache, vault: Vault
) -> None:
    vault.open.clear()
    first = asyncio.create_task(cache.get(*HERE))
    second = asyncio.create_task(cache.get(*HERE))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    vault.open.set()
    assert (await second).location_id == LOCATION
    assert vault.asked == {HERE: 1}


async def test_a_failure_that_nobody_waits_for_is_no_noise(cache: LeaseCache, vault: Vault) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: complaints.append(what))
    vault.open.clear()
    vault.failure = VaultUnavailableError("The vault does not answer.")
    only = asyncio.create_task(cache.get(*HERE))
    await asyncio.sleep(0)
    only.cancel()
    vault.open.set()
    await asyncio.wait([only])
    for _ in range(3):
        await asyncio.sleep(0)
    asyncio.get_running_loop().set_exception_handler(None)
    assert complaints == []


# --- Expiry -----------------------------------------------------------------------------------


async def test_a_lease_that_comes_expired_is_refused_and_not_kept(
    cache: LeaseCache, vault: Vault
) -> None:
    vault.life = timedelta()
    with pytest.raises(LeaseExpiredError):
        await cache.get(*HERE)
    vault.life = HOUR
    assert (await cache.get(*HERE)).location_id == LOCATION


async def test_a_lease_that_comes_old_is_used_and_asked_for_again_after_a_pause(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    vault.life = 2 * timedelta(milliseconds=1)
    clock_before = clock.now()
    first = await cache.get(*HERE)
    clock.advance(timedelta(milliseconds=1))
    assert await cache.get(*HERE) is first
    assert clock.now() - clock_before < PAUSE
    assert vault.asked == {HERE: 1}


async def test_a_refused_lease_is_replaced_for_all_who_hold_it(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await cache.get(*HERE)
    clock.advance(TRUST / 2)
    renewing = [asyncio.create_task(cache.renew_refused(first)) for _ in range(3)]
    second, *others = await asyncio.gather(*renewing)
    assert second.issued_at == clock.now()
    assert others == [second, second]
    assert await cache.renew_refused(first) is second
    assert await cache.get(*HERE) is second
    assert vault.refused == [None, first.issued_at]


async def test_a_lease_that_is_refused_while_the_vault_is_away_does_not_serve_on(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await cache.get(*HERE)
    clock.advance(HOUR / 2)
    vault.open.clear()
    vault.failure = VaultUnavailableError("The vault does not answer.")
    renewing = asyncio.create_task(cache.get(*HERE))
    await asyncio.sleep(0)
    refused = asyncio.create_task(cache.renew_refused(first))
    await asyncio.sleep(0)
    vault.open.set()
    for each in (renewing, refused):
        with pytest.raises(VaultUnavailableError):
            await each
    assert vault.asked == {HERE: 2}


async def test_expired_leases_do_not_stay_in_memory(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    for _ in range(3):
        for _ in range(100):
            await cache.get(ORG, uuid4(), Operation.READ)
        clock.advance(HOUR)
    await cache.get(*HERE)
    assert len(cache) == 1
    assert vault.asked.total() == 301
