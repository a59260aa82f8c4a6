"""Changes of locations' health: what it was before, what it became, and what was different."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import NewId, Table
from shared.database.external_locations import ExternalLocation

MOST_KEPT = 1_000  # of a location: years, unless it changes many times a day


class LocationHealthChange(Table):
    """One change. `changes` are as the API shows them: what differs from the last good report.

    Of one to `healthy` they are what works again. `report_id` is the report that showed it, which
    may be gone by now.
    """

    __tablename__ = "location_health_change"
    __table_args__ = (Index("location_health_change_location_id_idx", "location_id", "change_id"),)

    change_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey(ExternalLocation.location_id))
    state: Mapped[str]
    previous_state: Mapped[str]
    changes: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    report_id: Mapped[UUID]
    changed_at: Mapped[datetime]


async def list_health_changes(
    session: AsyncSession, location_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[LocationHealthChange]:
    """Return a location's changes, newest first."""
    query = select(LocationHealthChange).where(LocationHealthChange.location_id == location_id)
    if before is not None:
        query = query.where(LocationHealthChange.change_id < before)
    query = query.order_by(LocationHealthChange.change_id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def find_newest_health_change(
    session: AsyncSession, location_id: UUID
) -> LocationHealthChange | None:
    """Return a location's newest change, or None."""
    found = await list_health_changes(session, location_id, before=None, limit=1)
    return found[0] if found else None


async def forget_old_health_changes(session: AsyncSession, location_id: UUID) -> None:
    """Delete all but the newest thousand of a location's changes."""
    of_location = LocationHealthChange.location_id == location_id
    oldest_kept = (
        select(LocationHealthChange.change_id)
        .where(of_location)
        .order_by(LocationHealthChange.change_id.desc())
        .offset(MOST_KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    await session.execute(
        delete(LocationHealthChange).where(
            of_location, LocationHealthChange.change_id < oldest_kept
        )
    )
