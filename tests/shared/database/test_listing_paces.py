"""Listing paces: a location's width is halved when its store slows us, and grows with time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.database.listing_paces import (
    CUT_AT_MOST_EVERY,
    GROWS_EVERY,
    cut_width,
    get_width,
)
from shared.database.session import Database
from tests.conftest import NOW, Tenant
from tests.services.ingest.grounds import lay_ground

MOST = 16
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Pace:
    """The pace of one location, at times that a test chooses."""

    database: Database
    org_id: UUID
    location_id: UUID

    async def width(self, at: datetime, *, most: int = MOST) -> int:
        async with self.database.begin(self.org_id) as session:
            return await get_width(session, self.location_id, most=most, now=at)

    async def cut(self, at: datetime, *, most: int = MOST) -> int:
        async with self.database.begin(self.org_id) as session:
            await cut_width(session, self.org_id, self.location_id, most=most, now=at)
        return await self.width(at, most=most)


@pytest.fixture
async def pace(database: Database, tenant: Tenant) -> Pace:
    ground = await lay_ground(database, tenant.org_id)
    return Pace(database, tenant.org_id, ground.location_id)


async def test_a_location_that_was_never_slowed_is_listed_as_wide_as_can_be(pace: Pace) -> None:
    assert [await pace.width(NOW, most=most) for most in (1, 16, 256)] == [1, 16, 256]


async def test_the_width_is_halved_each_time_down_to_one(pace: Pace) -> None:
    times = [NOW + number * CUT_AT_MOST_EVERY for number in range(6)]
    assert [await pace.cut(at) for at in times] == [8, 4, 2, 1, 1, 1]


async def test_the_ranges_of_one_storm_halve_the_width_once(pace: Pace) -> None:
    assert await pace.cut(NOW) == 8
    assert await pace.cut(NOW + CUT_AT_MOST_EVERY - MOMENT) == 8
    assert await pace.cut(NOW + CUT_AT_MOST_EVERY) == 4


async def test_the_width_grows_by_one_range_at_a_time_until_it_is_whole(pace: Pace) -> None:
    await pace.cut(NOW)
    grown = [0 * GROWS_EVERY, GROWS_EVERY - MOMENT, GROWS_EVERY, 3 * GROWS_EVERY, 9 * GROWS_EVERY]
    assert [await pace.width(NOW + after) for after in grown] == [8, 8, 9, 11, 16]
    assert await pace.width(NOW + timedelta(days=365)) == 16


async def test_a_width_that_has_grown_is_halved_as_it_is(pace: Pace) -> None:
    await pace.cut(NOW)
    assert await pace.cut(NOW + 4 * GROWS_EVERY) == 6
    assert await pace.cut(NOW + timedelta(days=1)) == 8


async def test_a_clock_that_runs_behind_widens_nothing(pace: Pace) -> None:
    await pace.cut(NOW)
    assert await pace.width(NOW - timedelta(hours=1)) == 8
    assert await pace.cut(NOW - timedelta(hours=1)) == 8


async def test_a_narrower_setting_counts_at_once(pace: Pace) -> None:
    await pace.cut(NOW)
    assert await pace.width(NOW, most=3) == 3


async def test_each_location_has_a_pace_of_its_own(pace: Pace) -> None:
    other = await lay_ground(pace.database, pace.org_id)
    await pace.cut(NOW)
    assert await Pace(pace.database, pace.org_id, other.location_id).width(NOW) == MOST
