"""Access reports: what verify-access found, and when."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, delete, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table
from shared.database.browser_checks import forget_checks_of

MOST_KEPT = 100  # of a location: a quarter of a year of daily reports
KEPT_FOR = timedelta(days=90)


class AccessReport(Table):
    """One report. `checks` is the list of named checks as the API shows them.

    `facts` are what a proof says beside them; reports of before there were proofs have none.
    """

    __tablename__ = "access_report"

    report_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    location_id: Mapped[UUID] = mapped_column(
        ForeignKey("external_location.location_id"), index=True
    )
    valid: Mapped[bool]
    checks: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    facts: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[CreatedAt]


async def find_newest_report(session: AsyncSession, location_id: UUID) -> AccessReport | None:
    """Return the location's newest report, or None when access was never verified."""
    query = (
        select(AccessReport)
        .where(AccessReport.location_id == location_id)
        .order_by(AccessReport.report_id.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def find_report(session: AsyncSession, report_id: UUID) -> AccessReport | None:
    """Return a report, or None when it is not kept any more."""
    return await session.get(AccessReport, report_id)


async def forget_old_reports(
    session: AsyncSession, location_id: UUID, now: datetime, *, but: Collection[UUID]
) -> None:
    """Delete a location's reports beyond the newest hundred and those of more than 90 days.

    Those named in `but` stay.
    """
    of_location = AccessReport.location_id == location_id
    oldest_kept = (
        select(AccessReport.report_id)
        .where(of_location)
        .order_by(AccessReport.report_id.desc())
        .offset(MOST_KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    forgotten = (
        of_location,
        AccessReport.report_id.not_in(but),
        or_(AccessReport.report_id < oldest_kept, AccessReport.created_at < now - KEPT_FOR),
    )
    await forget_checks_of(session, select(AccessReport.report_id).where(*forgotten))
    await session.execute(delete(AccessReport).where(*forgotten))
