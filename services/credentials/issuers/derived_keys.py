"""Derived keys: what a session signs URLs with, so that no gateway holds a secret key."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

DAY = timedelta(days=1)


def derive_keys(
    derive: Callable[[date], bytes], issued_at: datetime, expires_at: datetime
) -> dict[date, bytes]:
    """Return the key of each UTC day of a session.

    The days begin one early, since a URL is signed as of the start of a window.
    """
    return {day: derive(day) for day in _days(issued_at - DAY, expires_at)}


def _days(first: datetime, last: datetime) -> Iterator[date]:
    day = first.astimezone(UTC).date()
    while day <= last.astimezone(UTC).date():
        yield day
        day += DAY
