"""External locations: which bucket and prefix a storage credential may reach."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Key, NewId, Table, Texts
from shared.errors import NotFoundError


class ExternalLocation(Table):
    """One prefix of one bucket. `prefix` is empty or ends in `/`."""

    __tablename__ = "external_location"
    __table_args__ = (
        Index(
            "external_location_attached_key",
            "org_id",
            "credential_id",
            "bucket",
            "prefix",
            unique=True,
            postgresql_where=text("detached_at IS NULL"),
        ),
    )

    location_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    credential_id: Mapped[UUID] = mapped_column(
        ForeignKey("storage_credential.credential_id"), index=True
    )
    name: Mapped[str]
    provider: Mapped[str]
    bucket: Mapped[str]
    prefix: Mapped[Key]
    region: Mapped[str]
    origins: Mapped[Texts]
    created_at: Mapped[CreatedAt]
    detached_at: Mapped[datetime | None]


async def get_external_location(session: AsyncSession, location_id: UUID) -> ExternalLocation:
    """Return the location while it is attached, or raise NotFoundError."""
    found = await session.get(ExternalLocation, location_id)
    if found is None or found.detached_at is not None:
        raise NotFoundError("There is no such external location.")
    return found


async def list_external_locations(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[ExternalLocation]:
    """Return the organization's attached locations in order of their ids."""
    query = (
        select(ExternalLocation)
        .where(ExternalLocation.detached_at.is_(None))
        .order_by(ExternalLocation.location_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(ExternalLocation.location_id > after)
    return (await session.scalars(query)).all()
