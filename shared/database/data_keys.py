"""Data keys: one AES key per organization, wrapped by the vault's key-encryption key."""

from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table


class DataKey(Table):
    """A wrapped data key and the name of the key-encryption key that opens it."""

    __tablename__ = "data_key"

    data_key_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    key_encryption_key: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]


async def find_data_key(session: AsyncSession, data_key_id: UUID) -> DataKey | None:
    """Return the data key of this id, or None."""
    return await session.get(DataKey, data_key_id)


async def find_newest_data_key(session: AsyncSession) -> DataKey | None:
    """Return the data key with which the organization's new secrets are sealed, or None."""
    query = select(DataKey).order_by(DataKey.data_key_id.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def insert_first_data_key(
    session: AsyncSession, org_id: UUID, key_encryption_key: str, wrapped: bytes
) -> DataKey:
    """Store the organization's first data key, or return the one that another replica stored.

    The lock lets one transaction at a time in, so that two replicas which seal an organization's
    first secrets together agree on one key.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(org_id), 0))))
    found = await find_newest_data_key(session)
    if found is not None:
        return found
    made = DataKey(org_id=org_id, key_encryption_key=key_encryption_key, wrapped=wrapped)
    session.add(made)
    await session.flush()
    return made
