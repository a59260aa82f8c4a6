"""Report keys: what access reports are signed with, and what they were signed with before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table
from shared.database.session import NO_ORG


class ReportKey(Table):
    """An Ed25519 key: its public half for good, its private one, wrapped, until it is retired.

    It is the operator's, of no organization: all transactions here are of NO_ORG.
    """

    __tablename__ = "report_key"
    __table_args__ = (
        CheckConstraint("(wrapped IS NULL) = (retired_at IS NOT NULL)", name="retired_at"),
        Index(
            "report_key_signing_key",
            "org_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_encryption_key: Mapped[str]
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


async def find_signing_key(session: AsyncSession) -> ReportKey | None:
    """Return the key that signs now, or None before the first report was signed."""
    query = select(ReportKey).where(ReportKey.retired_at.is_(None))
    return (await session.scalars(query)).one_or_none()


async def insert_signing_key(
    session: AsyncSession,
    *,
    kid: str,
    public_key: bytes,
    key_encryption_key: str,
    wrapped: bytes,
    created_at: datetime,
) -> bool:
    """Store the key that signs from now on; False when another replica stored one just now."""
    row = {
        "kid": kid,
        "org_id": NO_ORG,
        "public_key": public_key,
        "key_encryption_key": key_encryption_key,
        "wrapped": wrapped,
        "created_at": created_at,
    }
    query = insert(ReportKey).values(row).on_conflict_do_nothing().returning(ReportKey.kid)
    return (await session.scalars(query)).one_or_none() is not None


async def retire_signing_key(session: AsyncSession, now: datetime) -> None:
    """Let the key that signs sign nothing more: its private half is erased."""
    signing = ReportKey.retired_at.is_(None)
    await session.execute(update(ReportKey).where(signing).values(wrapped=None, retired_at=now))


async def list_report_keys(session: AsyncSession) -> Sequence[ReportKey]:
    """Return all keys that ever signed, the one that signs now first."""
    query = select(ReportKey).order_by(ReportKey.retired_at.desc().nulls_first(), ReportKey.kid)
    return (await session.scalars(query)).all()
