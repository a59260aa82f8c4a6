"""The scheduler: what is due is looked at, once, some at a time, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import pytest
import structlog
from pydantic import SecretStr

from services.credentials.access.depths import Depth
from services.credentials.health import scheduler
from services.credentials.health.claims import LIFE
from services.credentials.health.slots import next_slot
from shared.clock import FrozenClock
from shared.database.external_locations import get_external_location
from shared.database.location_health import find_health, list_due
from shared.database.session import Database
from shared.errors import SealBrokenError
from tests.conftest import NOW, add_tenant
from tests.services.credentials.health.watched import DENIED, PERIODS, SHORT, Watched, watch
from tests.services.credentials.lease_house import make_house

HOUR = timedelta(hours=1)
MakeWatched: TypeAlias = Callable[[], Awaitable[Watched]]


@pytest.fixture
async def alone(own_database_url: SecretStr) -> AsyncIterator[Database]:
    """A database in which nobody else's locations are due."""
    database = Database(own_database_url)
    yield database
    await database.close()


@pytest.fixture
def make(alone: Database, clock: FrozenClock) -> MakeWatched:
    """Make locations of organizations of their own, due now."""

    async def make_one() -> Watched:
        made = watch(await make_house(alone, await add_tenant(alone), clock))
        await made.health.hasten(made.house.org_id, made.house.location_id)
        return made

    return make_one


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "POLLING", timedelta(milliseconds=10))


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


async def is_free(watched: Watched) -> bool:
    row = await watched.row()
    return row.claimed_until is None and row.next_check_at > watched.clock.now()


async def look_until_free(watched: Watched) -> None:
    async with watched.scheduler().running():
        await eventually(lambda: is_free(watched))


async def test_what_is_due_is_looked_at_and_what_is_not_is_left_alone(make: MakeWatched) -> None:
    watched = await make()
    await look_until_free(watched)
    assert watched.verifier.depths == [Depth.FULL]
    assert (await watched.see()).state == "healthy"
    async with watched.scheduler().running():
        await asyncio.sleep(0.1)
    assert watched.verifier.depths == [Depth.FULL]


async def test_looks_are_quick_each_hour_and_full_each_day(make: MakeWatched) -> None:
    watched = await make()
    for _ in range(30):
        await look_until_free(watched)
        watched.clock.advance((await watched.row()).next_check_at - watched.clock.now())
    depths = watched.verifier.depths
    first, second, *later = [each for each, depth in enumerate(depths) if depth is Depth.FULL]
    assert len(depths) == 30
    assert first == 0
    assert 2 <= second <= 27  # a day of its own begins for each location at another moment
    assert later in ([], [second + 24])


async def test_what_a_quick_look_finds_is_looked_at_fully_at_once(make: MakeWatched) -> None:
    watched = await make()
    await look_until_free(watched)
    watched.clock.advance(2 * HOUR)
    watched.verifier.findings["list"] = DENIED
    await look_until_free(watched)
    assert watched.verifier.depths == [Depth.FULL, Depth.QUICK, Depth.FULL]
    assert (await watched.see()).state == "broken"


async def test_what_is_not_well_is_looked_at_fully_each_time(make: MakeWatched) -> None:
    watched = await make()
    watched.verifier.findings["session_duration"] = SHORT
    await look_until_free(watched)
    watched.verifier.findings["sign"] = DENIED
    watched.clock.advance(2 * HOUR)
    await look_until_free(watched)
    watched.clock.advance(2 * HOUR)
    await look_until_free(watched)
    assert watched.verifier.depths == [Depth.FULL, Depth.QUICK, Depth.FULL, Depth.FULL]


async def test_several_processes_look_at_each_location_once(make: MakeWatched) -> None:
    places = [await make() for _ in range(6)]
    verifier = places[0].verifier
    for place in places:
        place.reports._verifier = verifier  # type: ignore[assignment] # it counts for all

    async def all_free() -> bool:
        return all([await is_free(place) for place in places])

    # Any of them finds what is due in all organizations.
    first, second, third = (each.scheduler() for each in places[:3])
    async with first.running(), second.running(), third.running():
        await eventually(all_free)
    assert len(verifier.depths) == len(places)


async def test_no_more_are_looked_at_at_a_time_than_allowed(make: MakeWatched) -> None:
    places = [await make() for _ in range(5)]
    verifier = places[0].verifier
    verifier.pause = asyncio.Event()

    async def two_wait() -> bool:
        return len(verifier.looking) == 2

    async def all_free() -> bool:
        return all([await is_free(place) for place in places])

    async with places[0].scheduler(concurrency=2).running():
        await eventually(two_wait)
        await asyncio.sleep(0.1)
        assert verifier.most_at_once == 2
        verifier.pause.set()
        await eventually(all_free)
    assert verifier.most_at_once == 2


async def test_what_is_being_looked_at_at_the_end_is_given_back(make: MakeWatched) -> None:
    watched = await make()
    watched.verifier.pause = asyncio.Event()

    async def looks() -> bool:
        return bool(watched.verifier.looking)

    async with watched.scheduler().running():
        await eventually(looks)
        assert (await watched.row()).claimed_until == NOW + LIFE
    row = await watched.row()
    assert (row.claimed_until, row.next_check_at, row.state) == (None, NOW, "unknown")


async def test_what_a_killed_process_had_is_looked_at_when_its_claim_is_over(
    make: MakeWatched,
) -> None:
    watched = await make()
    (claim,) = await watched.scheduler()._claims.claim(1)
    async with watched.scheduler().running():
        await asyncio.sleep(0.1)
        assert watched.verifier.depths == []
        watched.clock.advance(claim.until - NOW)
        await eventually(lambda: is_free(watched))
    assert watched.verifier.depths == [Depth.FULL]


@pytest.mark.parametrize(
    ("error", "event", "code"),
    [
        (SealBrokenError("Broken."), "health check put off", "seal-broken"),
        (TimeoutError(), "health check put off", "timeout"),
        (ZeroDivisionError(), "health check failed", None),
    ],
)
async def test_what_cannot_be_looked_at_is_put_off_and_logged(
    make: MakeWatched, error: Exception, event: str, code: str | None
) -> None:
    watched = await make()
    watched.verifier.error = error
    with structlog.testing.capture_logs() as logs:
        await look_until_free(watched)
    row = await watched.row()
    assert row.next_check_at == next_slot(row.location_id, PERIODS.quick, NOW)
    assert (row.state, row.checked_at) == ("unknown", None)
    (told,) = [each for each in logs if each["event"] == event]
    assert (told["location_id"], told.get("code")) == (str(row.location_id), code)


async def test_a_location_that_was_detached_is_looked_at_no_more(
    make: MakeWatched, alone: Database
) -> None:
    watched = await make()
    house = watched.house
    async with alone.begin(house.org_id) as session:
        (await get_external_location(session, house.location_id)).detached_at = NOW

    async def forgotten() -> bool:
        async with alone.begin(house.org_id) as session:
            return await find_health(session, house.location_id) is None

    async with watched.scheduler().running():
        await eventually(forgotten)
    assert watched.verifier.depths == []


async def test_a_mistake_of_ours_does_not_end_the_scheduler(
    make: MakeWatched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = await make()
    running = watched.scheduler()
    claim, tries = running._claims.claim, 0

    async def fail_once(most: int) -> list[object]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ZeroDivisionError
        return list(await claim(most))

    monkeypatch.setattr(running._claims, "claim", fail_once)
    with structlog.testing.capture_logs() as logs:
        async with running.running():
            await eventually(lambda: is_free(watched))
    assert "health checks failed" in {each["event"] for each in logs}


async def test_nothing_is_due_twice_in_a_row(make: MakeWatched, alone: Database) -> None:
    watched = await make()
    await look_until_free(watched)
    async with alone.begin_as_scheduler() as session:
        assert await list_due(session, NOW, limit=9) == []
