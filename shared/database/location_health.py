"""The health of locations: how each one's access is, and when it is looked at again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.access_reports import AccessReport
from shared.database.base import Table
from shared.database.external_locations import ExternalLocation


class LocationHealth(Table):
    """The health of one attached location, in its `state` since `since`.

    It was looked at last at `checked_at`, and is due at `next_check_at`; a full look is due at
    `next_full_at`. Until `claimed_until` one process has it. `doubted_at` is when the first of the
    last looks in a row ended without a verdict. `good_report_id` is the last good report.
    """

    __tablename__ = "location_health"
    __table_args__ = (
        CheckConstraint("state IN ('unknown', 'healthy', 'degraded', 'broken')", name="state"),
    )

    location_id: Mapped[UUID] = mapped_column(
        ForeignKey(ExternalLocation.location_id), primary_key=True
    )
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    state: Mapped[str]
    since: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    doubted_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime] = mapped_column(index=True)
    next_full_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    good_report_id: Mapped[UUID | None] = mapped_column(ForeignKey(AccessReport.report_id))


async def lock_health(
    session: AsyncSession, *, org_id: UUID, location_id: UUID, now: datetime, first_at: datetime
) -> LocationHealth:
    """Return a location's health, locked; without one it is unknown, and due at `first_at`."""
    row = {
        "location_id": location_id,
        "org_id": org_id,
        "state": "unknown",
        "since": now,
        "next_check_at": first_at,
        "next_full_at": first_at,
    }
    await session.execute(insert(LocationHealth).values(row).on_conflict_do_nothing())
    query = select(LocationHealth).where(LocationHealth.location_id == location_id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(fresh)).one()


async def find_health(session: AsyncSession, location_id: UUID) -> LocationHealth | None:
    """Return a location's health, or None for one that was attached without."""
    return await session.get(LocationHealth, location_id)


async def list_health_states(
    session: AsyncSession, location_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Return the states of those of the locations that have one."""
    query = select(LocationHealth.location_id, LocationHealth.state).where(
        LocationHealth.location_id.in_(location_ids)
    )
    return dict((await session.execute(query)).all())


async def list_due(session: AsyncSession, now: datetime, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return organizations and locations that are due and unclaimed, the longest due ones first.

    Organizations take turns, what they have claimed counted: many slow locations of one of them
    let nobody else wait for their end. Of all organizations in the scheduler's transaction, else
    of one.
    """
    is_free = _is_free(now)
    turn = func.row_number().over(
        partition_by=LocationHealth.org_id, order_by=(is_free, LocationHealth.next_check_at)
    )
    due = (
        select(
            LocationHealth.org_id,
            LocationHealth.location_id,
            LocationHealth.next_check_at,
            is_free.label("is_free"),
            turn.label("turn"),
        )
        .where(LocationHealth.next_check_at <= now)
        .subquery()
    )
    query = (
        select(due.c.org_id, due.c.location_id)
        .where(due.c.is_free)
        .order_by(due.c.turn, due.c.next_check_at)
        .limit(limit)
    )
    return [(org_id, location_id) for org_id, location_id in await session.execute(query)]


async def claim_health(
    session: AsyncSession, location_id: UUID, *, now: datetime, until: datetime
) -> LocationHealth | None:
    """Claim a location that is due, or return None: it is another's, or was looked at meanwhile.

    Whoever is claiming it at the same moment is not waited for.
    """
    query = (
        select(LocationHealth)
        .where(
            LocationHealth.location_id == location_id,
            LocationHealth.next_check_at <= now,
            _is_free(now),
        )
        .with_for_update(skip_locked=True)
    )
    found = (await session.scalars(query)).one_or_none()
    if found is not None:
        found.claimed_until = until
    return found


async def release_health(
    session: AsyncSession,
    location_id: UUID,
    *,
    claimed_until: datetime,
    next_check_at: datetime | None = None,
) -> None:
    """Give a claim back, if it is still ours, and let the location be due no sooner than given."""
    values: dict[str, object] = {"claimed_until": None}
    if next_check_at is not None:
        values["next_check_at"] = func.greatest(LocationHealth.next_check_at, next_check_at)
    await session.execute(
        update(LocationHealth)
        .where(
            LocationHealth.location_id == location_id,
            LocationHealth.claimed_until == claimed_until,
        )
        .values(values)
    )


async def hasten_check(session: AsyncSession, location_id: UUID, at: datetime) -> bool:
    """Let a full look at a location be due at `at`, and say whether it would have been later."""
    hastened = await session.execute(
        update(LocationHealth)
        .where(
            LocationHealth.location_id == location_id,
            or_(LocationHealth.next_check_at > at, LocationHealth.next_full_at > at),
        )
        .values(
            next_check_at=func.least(LocationHealth.next_check_at, at),
            next_full_at=func.least(LocationHealth.next_full_at, at),
        )
        .returning(LocationHealth.location_id)
    )
    return hastened.one_or_none() is not None


async def forget_health(session: AsyncSession, location_ids: Sequence[UUID]) -> None:
    """Look no more at locations that are detached."""
    await session.execute(
        delete(LocationHealth).where(LocationHealth.location_id.in_(location_ids))
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(LocationHealth.claimed_until.is_(None), LocationHealth.claimed_until <= now)
