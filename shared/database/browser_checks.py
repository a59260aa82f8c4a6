"""Browser checks: links with which a customer's browser says what it sees of a location."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    Select,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Key, NewId, Table


class BrowserCheck(Table):
    """A link, for which the browser brings a secret that is stored hashed, and what came of it.

    `key` is the object that is shown. Once a browser has told what it saw, `checks` holds that as
    the API shows it, and `report_id` the report that was the newest one then. A link is told once.
    """

    __tablename__ = "browser_check"
    __table_args__ = (
        CheckConstraint(
            "(seen_at IS NULL) = (checks IS NULL) AND (seen_at IS NULL) = (report_id IS NULL)",
            name="seen",
        ),
    )

    check_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    location_id: Mapped[UUID] = mapped_column(
        ForeignKey("external_location.location_id"), index=True
    )
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[Key]
    is_image: Mapped[bool]
    expires_at: Mapped[datetime]
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("access_report.report_id"), index=True
    )
    checks: Mapped[list[dict[str, JsonValue]] | None] = mapped_column(JSONB(none_as_null=True))
    seen_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


async def find_browser_check(session: AsyncSession, check_id: UUID) -> BrowserCheck | None:
    """Return a link, used and expired or not, or None."""
    return await session.get(BrowserCheck, check_id)


async def tell_browser_check(
    session: AsyncSession,
    check_id: UUID,
    *,
    report_id: UUID,
    checks: list[dict[str, JsonValue]],
    seen_at: datetime,
) -> bool:
    """Keep what a browser saw; False when somebody else told it before."""
    query = (
        update(BrowserCheck)
        .where(BrowserCheck.check_id == check_id, BrowserCheck.seen_at.is_(None))
        .values(report_id=report_id, checks=checks, seen_at=seen_at)
        .returning(BrowserCheck.check_id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def list_told_checks(session: AsyncSession, report_id: UUID) -> Sequence[BrowserCheck]:
    """List what browsers saw while this report was the newest one, in the order of time."""
    query = (
        select(BrowserCheck)
        .where(BrowserCheck.report_id == report_id)
        .order_by(BrowserCheck.seen_at, BrowserCheck.check_id)
    )
    return (await session.scalars(query)).all()


async def delete_unused_checks(session: AsyncSession, before: datetime) -> None:
    """Forget the organization's links that expired before this moment and that nobody used."""
    await session.execute(
        delete(BrowserCheck).where(BrowserCheck.expires_at < before, BrowserCheck.seen_at.is_(None))
    )


async def forget_checks_of(session: AsyncSession, report_ids: Select[UUID]) -> None:
    """Delete the checks that joined these reports, which are about to be forgotten."""
    await session.execute(delete(BrowserCheck).where(BrowserCheck.report_id.in_(report_ids)))
