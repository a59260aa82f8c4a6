"""The clocks tell aware UTC times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.clock import FrozenClock, SystemClock


def test_the_system_clock_tells_the_present_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_frozen_clock_moves_only_when_it_is_told_to() -> None:
    noon_in_berlin = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    clock = FrozenClock(noon_in_berlin)
    assert clock.now() == clock.now() == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(minutes=90))
    assert clock.now() == datetime(2026, 6, 1, 11, 30, tzinfo=UTC)


def test_a_frozen_clock_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(datetime(2026, 6, 1))  # noqa: DTZ001 - the naive time is the point
