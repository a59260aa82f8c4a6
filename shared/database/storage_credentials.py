"""Storage credentials: the identities that customers gave us."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table
from shared.errors import NotFoundError


class StorageCredential(Table):
    """One identity. Which columns are set depends on `method` (see the check constraint).

    `external_id` is immutable: the service role may not update that column.
    """

    __tablename__ = "storage_credential"
    __table_args__ = (
        CheckConstraint("provider IN ('s3')", name="provider"),
        CheckConstraint(
            "CASE method"
            " WHEN 'assume_role' THEN role_arn IS NOT NULL AND external_id IS NOT NULL"
            " AND sealed_secret IS NULL AND endpoint IS NULL"
            " WHEN 'organization_role' THEN role_arn IS NOT NULL AND external_id IS NULL"
            " AND sealed_secret IS NULL AND endpoint IS NULL"
            " WHEN 'access_key' THEN access_key_id IS NOT NULL AND endpoint IS NOT NULL"
            " AND region IS NOT NULL AND external_id IS NULL"
            " AND (sealed_secret IS NULL) = (data_key_id IS NULL)"
            " AND (sealed_secret IS NULL) = (retired_at IS NOT NULL)"
            " ELSE false END",
            name="method",
        ),
    )

    credential_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    name: Mapped[str]
    provider: Mapped[str]
    method: Mapped[str]
    role_arn: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    access_key_id: Mapped[str | None]
    endpoint: Mapped[str | None]
    region: Mapped[str | None]
    path_style: Mapped[bool]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_key.data_key_id"))
    secret_version: Mapped[int]
    created_at: Mapped[CreatedAt]
    rotated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


async def get_storage_credential(
    session: AsyncSession, credential_id: UUID, *, lock: bool = False
) -> StorageCredential:
    """Return the credential, or raise NotFoundError; `lock` keeps others from changing it."""
    found = await session.get(StorageCredential, credential_id, with_for_update=lock)
    if found is None:
        raise NotFoundError("There is no such storage credential.")
    return found


async def list_storage_credentials(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[StorageCredential]:
    """Return the organization's credentials in order of their ids."""
    query = select(StorageCredential).order_by(StorageCredential.credential_id).limit(limit)
    if after is not None:
        query = query.where(StorageCredential.credential_id > after)
    return (await session.scalars(query)).all()
