"""External locations: which bucket and prefix a storage credential may reach."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Key, NewId, Table, Texts
from shared.database.storage_credentials import StorageCredential
from shared.errors import ConflictError, NotFoundError
from shared.storage.capabilities import lists_versions, resumes_behind_keys


class ExternalLocation(Table):
    """One prefix of one bucket. `prefix` is empty or ends in `/`.

    `capabilities` are what the last verification found of an S3-compatible store (Capabilities).
    """

    __tablename__ = "external_location"
    __table_args__ = (
        UniqueConstraint("org_id", "location_id"),
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
    capabilities: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[CreatedAt]
    detached_at: Mapped[datetime | None]


async def insert_external_location(
    session: AsyncSession,
    *,
    org_id: UUID,
    credential_id: UUID,
    name: str,
    provider: str,
    bucket: str,
    prefix: str,
    region: str,
    origins: Sequence[str],
) -> ExternalLocation:
    """Attach a location, or raise ConflictError when the credential has it already."""
    row = {
        "org_id": org_id,
        "credential_id": credential_id,
        "name": name,
        "provider": provider,
        "bucket": bucket,
        "prefix": prefix,
        "region": region,
        "origins": list(origins),
    }
    query = insert(ExternalLocation).values(row).on_conflict_do_nothing()
    made = (await session.scalars(query.returning(ExternalLocation))).one_or_none()
    if made is None:
        raise ConflictError("This credential has an external location for this URI already.")
    return made


async def get_external_location(session: AsyncSession, location_id: UUID) -> ExternalLocation:
    """Return the location while it is attached, or raise NotFoundError."""
    found = await session.get(ExternalLocation, location_id)
    if found is None or found.detached_at is not None:
        raise NotFoundError("There is no such external location.")
    return found


async def may_cut_ranges(session: AsyncSession, location_id: UUID) -> bool:
    """Say whether listings of the location may begin behind a key, as far as it was verified."""
    found = await session.execute(
        select(ExternalLocation.capabilities).where(ExternalLocation.location_id == location_id)
    )
    return resumes_behind_keys(found.scalar_one_or_none())


async def may_list_versions(session: AsyncSession, location_id: UUID) -> bool:
    """Say whether versions can be listed at the location, as far as it was verified.

    By an HMAC key Cloud Storage is asked in S3's words, which it has none of for versions.
    """
    query = select(ExternalLocation.capabilities, StorageCredential.method).where(
        ExternalLocation.location_id == location_id,
        StorageCredential.credential_id == ExternalLocation.credential_id,
    )
    capabilities, method = (await session.execute(query)).one()
    return method != "hmac_key" and lists_versions(capabilities)


async def require_known_location(session: AsyncSession, location_id: UUID) -> None:
    """Raise NotFoundError unless the organization has the location, or had it before."""
    if await session.get(ExternalLocation, location_id) is None:
        raise NotFoundError("There is no such external location.")


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


async def list_locations_of_credential(
    session: AsyncSession, credential_id: UUID
) -> Sequence[ExternalLocation]:
    """Return the attached locations that the credential reaches, in order of their ids."""
    query = (
        select(ExternalLocation)
        .where(
            ExternalLocation.credential_id == credential_id,
            ExternalLocation.detached_at.is_(None),
        )
        .order_by(ExternalLocation.location_id)
    )
    return (await session.scalars(query)).all()
