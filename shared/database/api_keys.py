"""API keys: shown once, stored as hashes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Table, Texts
from shared.errors import NotFoundError


class ApiKey(Table):
    """One key of an organization. `secret_hash` is SHA-256 of its 256 random bits."""

    __tablename__ = "api_key"

    api_key_id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[Texts]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


async def find_api_key(session: AsyncSession, api_key_id: UUID) -> ApiKey | None:
    """Return the key, whatever its state, or None."""
    return await session.get(ApiKey, api_key_id)


async def list_api_keys(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[ApiKey]:
    """Return the organization's keys in order of their ids."""
    query = select(ApiKey).order_by(ApiKey.api_key_id).limit(limit)
    if after is not None:
        query = query.where(ApiKey.api_key_id > after)
    return (await session.scalars(query)).all()


async def revoke_api_key(session: AsyncSession, api_key_id: UUID, now: datetime) -> None:
    """Revoke the key; a second time changes nothing. Raise NotFoundError when there is none."""
    if await session.get(ApiKey, api_key_id) is None:
        raise NotFoundError("There is no such API key.")
    await session.execute(
        update(ApiKey)
        .where(ApiKey.api_key_id == api_key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
    )
