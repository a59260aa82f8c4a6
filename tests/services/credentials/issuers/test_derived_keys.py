"""Derived keys: one for each day that a session may sign on."""

from datetime import UTC, date, datetime, timedelta

from services.credentials.issuers.derived_keys import derive_keys

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def key_of(day: date) -> bytes:
    return day.isoformat().encode()


def test_there_is_a_key_for_each_day_from_the_one_before_to_the_last() -> None:
    days = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    found = derive_keys(key_of, NOON, NOON + timedelta(hours=12))
    assert found == {day: key_of(day) for day in days}
    assert len(derive_keys(key_of, NOON, NOON + timedelta(days=3))) == 5
