"""Leases in memory, asked for again: no dead one is given out, and no live one thrown away."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from shared.clock import FrozenClock
from shared.errors import (
    AppError,
    CredentialRetiredError,
    DatabaseUnavailableError,
    NotFoundError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
)
from shared.lease_cache import PAUSE, TRUST, LeaseCache
from shared.leases import Lease
from tests.shared.vending import HERE, HOUR, MINUTE, TICK, Vault

TAKEN_AWAY = [NotFoundError, CredentialRetiredError, StorageDeniedError]
PASSING = [
    VaultUnavailableError,
    DatabaseUnavailableError,
    StorageUnavailableError,
    StorageThrottledError,
]


@pytest.fixture
def vault(clock: FrozenClock) -> Vault:
    return Vault(clock)


@pytest.fixture
def cache(vault: Vault, clock: FrozenClock) -> LeaseCache:
    return LeaseCache(vault, clock)


@pytest.fixture
def hasty(vault: Vault, clock: FrozenClock) -> LeaseCache:
    """A cache whose callers hardly wait for a renewal."""
    return LeaseCache(vault, clock, patience=timedelta(milliseconds=1))


async def load(
    cache: LeaseCache, clock: FrozenClock, seconds: float
) -> Counter[Lease | type[BaseException]]:
    """Ask 200 times a second, whoever still waits; count the leases and failures that come."""
    callers = []
    for _ in range(int(seconds * 200)):
        callers.append(asyncio.create_task(cache.get(*HERE)))
        await asyncio.sleep(0)
        clock.advance(TICK)
    while not all(caller.done() for caller in callers):
        await asyncio.sleep(0)
        clock.advance(TICK)
    answers = await asyncio.gather(*callers, return_exceptions=True)
    return Counter(type(each) if isinstance(each, BaseException) else each for each in answers)


# --- Access is taken away ---------------------------------------------------------------------


@pytest.mark.parametrize("failure", TAKEN_AWAY)
async def test_under_load_nobody_gets_the_old_lease_of_what_was_taken_away(
    cache: LeaseCache, vault: Vault, clock: FrozenClock, failure: type[AppError]
) -> None:
    await cache.get(*HERE)
    vault.latency = timedelta(milliseconds=500)
    vault.failure = failure("The location is detached, or its role gone.")
    clock.advance(TRUST)
    assert await load(cache, clock, 3) == {failure: 600}
    assert len(cache) == 0


async def test_under_load_all_wait_for_the_one_renewal_and_get_its_lease(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await cache.get(*HERE)
    vault.latency = timedelta(milliseconds=500)
    clock.advance(TRUST)
    answers = await load(cache, clock, 3)
    renewed = await cache.get(*HERE)
    assert renewed is not first
    assert answers == {renewed: 600}
    assert vault.asked == {HERE: 2}


async def test_what_is_taken_away_while_the_vault_hesitates_is_dropped_when_it_answers(
    hasty: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await hasty.get(*HERE)
    clock.advance(TRUST)
    vault.open.clear()
    vault.failure = NotFoundError("There is no such external location.")
    assert await hasty.get(*HERE) is first
    vault.open.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(hasty) == 0
    with pytest.raises(NotFoundError):
        await hasty.get(*HERE)


async def test_trust_begins_when_the_vault_is_asked_not_when_it_answers(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    vault.latency = MINUTE / 2
    assert (await load(cache, clock, 0.005)).total() == 1
    clock.advance(MINUTE / 2)
    vault.latency = timedelta()
    assert (await cache.get(*HERE)).issued_at == clock.now()


@pytest.mark.parametrize("failure", TAKEN_AWAY)
async def test_access_that_was_taken_away_ends_the_old_lease_within_a_minute(
    cache: LeaseCache, vault: Vault, clock: FrozenClock, failure: type[AppError]
) -> None:
    await cache.get(*HERE)
    vault.failure = failure("The location is detached, or its role gone.")
    clock.advance(TRUST)
    for _ in range(2):
        with pytest.raises(failure):
            await cache.get(*HERE)


# --- The vault is away ------------------------------------------------------------------------


@pytest.mark.parametrize("failure", PASSING)
async def test_under_load_the_old_lease_serves_and_the_vault_is_asked_now_and_then(
    cache: LeaseCache, vault: Vault, clock: FrozenClock, failure: type[AppError]
) -> None:
    first = await cache.get(*HERE)
    vault.failure = failure("It will pass.")
    clock.advance(TRUST)
    assert await load(cache, clock, 3 * PAUSE.total_seconds()) == {first: 3000}
    assert vault.asked == {HERE: 4}


async def test_a_renewal_that_hangs_holds_callers_up_once_in_a_while_and_only_for_a_moment(
    hasty: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await hasty.get(*HERE)
    clock.advance(HOUR / 2)
    vault.open.clear()
    waiting = [asyncio.create_task(hasty.get(*HERE)) for _ in range(50)]
    assert {id(lease) for lease in await asyncio.gather(*waiting)} == {id(first)}
    in_no_time = hasty.get(*HERE)
    with pytest.raises(StopIteration):
        in_no_time.send(None)
    clock.advance(PAUSE)
    assert await hasty.get(*HERE) is first
    vault.open.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await hasty.get(*HERE)).issued_at == clock.now()
    assert vault.asked == {HERE: 2}


async def test_a_lease_that_expires_while_the_vault_hesitates_is_not_given_out(
    hasty: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    await hasty.get(*HERE)
    clock.advance(HOUR - TICK)
    vault.open.clear()
    late = asyncio.create_task(hasty.get(*HERE))
    await asyncio.sleep(0)
    clock.advance(TICK)
    vault.failure = VaultUnavailableError("The vault does not answer.")
    vault.open.set()
    with pytest.raises(VaultUnavailableError):
        await late


@pytest.mark.parametrize("failure", PASSING)
async def test_the_old_lease_serves_while_the_reason_passes(
    cache: LeaseCache, vault: Vault, clock: FrozenClock, failure: type[AppError]
) -> None:
    first = await cache.get(*HERE)
    vault.failure = failure("It will pass.")
    clock.advance(HOUR - MINUTE)
    assert await cache.get(*HERE) is first
    clock.advance(MINUTE)
    with pytest.raises(failure):
        await cache.get(*HERE)


async def test_a_vault_that_is_away_is_not_asked_for_every_request(
    cache: LeaseCache, vault: Vault, clock: FrozenClock
) -> None:
    first = await cache.get(*HERE)
    clock.advance(HOUR / 2)
    vault.failure = VaultUnavailableError("The vault does not answer.")
    for _ in range(5):
        assert await cache.get(*HERE) is first
    assert vault.asked == {HERE: 2}
    clock.advance(PAUSE)
    vault.failure = None
    assert (await cache.get(*HERE)).issued_at == clock.now()
    assert vault.asked == {HERE: 3}
