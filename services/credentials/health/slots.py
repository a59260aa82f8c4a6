"""Slots: when locations are looked at, spread evenly over each hour and each day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

SHORTEST_PAUSE = 0.1  # of a period: a slot that comes sooner after a look is left out

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIZE = 8


@dataclass(frozen=True, slots=True)
class Periods:
    """How often locations are looked at: quickly, fully, and after a doubt or bad news."""

    quick: timedelta
    full: timedelta
    confirm: timedelta

    @property
    def apart(self) -> timedelta:
        """How far apart two looks are that confirm each other."""
        return self.confirm / 2


def next_slot(location_id: UUID, period: timedelta, now: datetime) -> datetime:
    """Return a location's next slot, at most 1.1 periods from now.

    Each location has a moment of its own in every period, which follows from its id: however many
    there are, and whenever they were looked at last, they come evenly.
    """
    digest = blake2b(location_id.bytes, digest_size=_SIZE).digest()
    offset = period * (int.from_bytes(digest) / (1 << 8 * _SIZE))
    earliest = now + period * SHORTEST_PAUSE
    periods = -((_EPOCH + offset - earliest) // period)
    return _EPOCH + offset + periods * period
