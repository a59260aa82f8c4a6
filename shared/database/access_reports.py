"""Access reports: what verify-access found, and when."""

from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table


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
