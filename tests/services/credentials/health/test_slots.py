"""Slots: ten thousand locations come evenly, each at a moment of its own."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.credentials.health.slots import next_slot
from tests.conftest import NOW

HOUR = timedelta(hours=1)

ids = st.uuids()
periods = st.timedeltas(timedelta(seconds=1), timedelta(days=30))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda each: each.replace(tzinfo=NOW.tzinfo)
)


@given(ids, periods, moments)
def test_a_slot_is_neither_at_once_nor_much_later_than_a_period(
    location_id: UUID, period: timedelta, now: datetime
) -> None:
    due_in = next_slot(location_id, period, now) - now
    assert period * 0.1 <= due_in <= period * 1.1 + timedelta(microseconds=2)


@given(ids, periods, moments)
def test_slots_follow_each_other_a_period_apart(
    location_id: UUID, period: timedelta, now: datetime
) -> None:
    slot = next_slot(location_id, period, now)
    assert next_slot(location_id, period, slot) == slot + period


@given(ids, moments, st.integers(0, 53))
def test_a_look_in_between_does_not_move_a_slot(
    location_id: UUID, now: datetime, minutes: int
) -> None:
    slot = next_slot(location_id, HOUR, now)
    earlier = slot - timedelta(minutes=6 + minutes)
    assert next_slot(location_id, HOUR, earlier) == slot


def test_ten_thousand_locations_spread_over_the_hour() -> None:
    """Whether they were all looked at together or not; 167 in each minute, give or take."""
    minutes = Counter(
        int((next_slot(uuid4(), HOUR, NOW) - NOW - HOUR * 0.1) / timedelta(minutes=1))
        for _ in range(10_000)
    )
    assert len(minutes) == 60
    assert max(minutes.values()) < 250
    assert min(minutes.values()) > 90
