"""Sealed leases: the one lease that all replicas share for a location and an operation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table
from shared.database.external_locations import ExternalLocation


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


async def store_sealed_lease(
    session: AsyncSession, lease: SealedLease, *, replacing: bytes | None
) -> bool:
    """Store the lease where the stored one is still `replacing`, and say whether it was.

    Replicas that renew together all bring a lease; the first to come here wins, and the others
    find what it stored.
    """
    row = {
        "location_id": lease.location_id,
        "operation": lease.operation,
        "org_id": lease.org_id,
        "sealed": lease.sealed,
        "data_key_id": lease.data_key_id,
        "credential_version": lease.credential_version,
        "issued_at": lease.issued_at,
        "renew_at": lease.renew_at,
        "expires_at": lease.expires_at,
    }
    place = ("location_id", "operation")
    query = (
        insert(SealedLease)
        .values(row)
        .on_conflict_do_update(
            index_elements=place,
            set_={name: value for name, value in row.items() if name not in place},
            where=SealedLease.sealed == replacing,
        )
        .returning(SealedLease.location_id)
    )
    return (await session.execute(query)).one_or_none() is not None


async def delete_leases_of_location(session: AsyncSession, location_id: UUID) -> None:
    """Forget what was leased for the location."""
    await session.execute(delete(SealedLease).where(SealedLease.location_id == location_id))


async def delete_leases_of_credential(session: AsyncSession, credential_id: UUID) -> None:
    """Forget what was leased with the credential, for all its locations."""
    locations = select(ExternalLocation.location_id).where(
        ExternalLocation.credential_id == credential_id
    )
    await session.execute(delete(SealedLease).where(SealedLease.location_id.in_(locations)))
