"""Sealed leases: the one lease that all replicas share for a location and an operation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table


class SealedLease(Table):
    """A lease whose keys only the vault can open."""

    __tablename__ = "sealed_lease"

    location_id: Mapped[UUID] = mapped_column(
        ForeignKey("external_location.location_id"), primary_key=True
    )
    operation: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    data_key_id: Mapped[UUID] = mapped_column(ForeignKey("data_key.data_key_id"))
    credential_version: Mapped[int]
    issued_at: Mapped[datetime]
    renew_at: Mapped[datetime]
    expires_at: Mapped[datetime]


async def find_sealed_lease(
    session: AsyncSession, location_id: UUID, operation: str
) -> SealedLease | None:
    """Return the lease, current or not, or None."""
    return await session.get(SealedLease, (location_id, operation))
