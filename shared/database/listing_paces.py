"""Listing paces: how many ranges of a location are listed at a time, after its store slowed us.

The width falls to a half when the store says SlowDown, and grows by one range in each step of
time until it is whole again (additive increase, multiplicative decrease, as in RFC 5681). Growing
is read off the clock, so that it costs no writes.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table
from shared.database.import_jobs import ImportJob
from shared.database.import_ranges import ImportRange

GROWS_EVERY = timedelta(seconds=5)  # S3 widens a prefix's partitions over minutes, not seconds
CUT_AT_MOST_EVERY = timedelta(seconds=2)  # one storm reaches all ranges that are listed


class ListingPace(Table):
    """The width that a location was cut to at `cut_at`; without a row it was never cut."""

    __tablename__ = "listing_pace"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["external_location.org_id", "external_location.location_id"],
        ),
    )

    location_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    width: Mapped[int]
    cut_at: Mapped[datetime]


async def get_width(session: AsyncSession, location_id: UUID, *, most: int, now: datetime) -> int:
    """Return how many ranges of the location may be listed now, from 1 to `most`."""
    pace = await session.get(ListingPace, location_id, populate_existing=True)
    if pace is None:
        return most
    return min(most, pace.width + max(0, (now - pace.cut_at) // GROWS_EVERY))


async def cut_width(
    session: AsyncSession, org_id: UUID, location_id: UUID, *, most: int, now: datetime
) -> None:
    """Halve the width of a location whose store slowed us, unless that was done just now."""
    width = max(1, await get_width(session, location_id, most=most, now=now) // 2)
    values = {"width": width, "cut_at": now}
    await session.execute(
        insert(ListingPace)
        .values(values | {"org_id": org_id, "location_id": location_id})
        .on_conflict_do_update(
            index_elements=[ListingPace.location_id],
            set_=values,
            where=ListingPace.cut_at <= now - CUT_AT_MOST_EVERY,
        )
    )


async def count_ranges_before(session: AsyncSession, location_id: UUID, range_id: UUID) -> int:
    """Return how many older ranges of the location's running imports are still to be listed."""
    query = (
        select(func.count())
        .select_from(ImportRange)
        .join(ImportJob, ImportJob.import_id == ImportRange.import_id)
        .where(
            ImportJob.location_id == location_id,
            ImportJob.state == "running",
            ImportRange.kind == "list",
            ImportRange.state == "open",
            ImportRange.range_id < range_id,
        )
    )
    return (await session.execute(query)).scalar_one()
