"""Manifests: lists of source files that were uploaded, kept until they are used or a week is over.

A manifest is stored while it comes, a chunk at a time, and exists when all of it has come: its row
is written last. The chunks of an upload that broke off belong to no manifest, and expire with it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Table
from shared.errors import NotFoundError

CHUNK_BYTES = 1024 * 1024
CHUNKS_AT_ONCE = 128  # deleted in a transaction: a second or two


class Manifest(Table):
    """A whole manifest. `sha256` and `size` are those of the bytes as they were uploaded."""

    __tablename__ = "manifest"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'jsonl', 'text')", name="format"),
        Index("manifest_org_id_expires_at_idx", "org_id", "expires_at"),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), primary_key=True)
    manifest_id: Mapped[UUID] = mapped_column(primary_key=True)
    format: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]


class ManifestChunk(Table):
    """Bytes of a manifest, counted from 0. Each chunk but the last has CHUNK_BYTES."""

    __tablename__ = "manifest_chunk"
    __table_args__ = (Index("manifest_chunk_org_id_expires_at_idx", "org_id", "expires_at"),)

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), primary_key=True)
    manifest_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


async def add_manifest_row(session: AsyncSession, row: Manifest | ManifestChunk) -> None:
    """Store a chunk or, after all of them, the manifest."""
    session.add(row)
    await session.flush()


async def get_manifest(session: AsyncSession, manifest_id: UUID, now: datetime) -> Manifest:
    """Return a manifest that has not expired, or raise NotFoundError."""
    query = select(Manifest).where(Manifest.manifest_id == manifest_id, Manifest.expires_at > now)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFoundError("There is no such manifest, or it has expired.")
    return found


async def find_manifest_chunk(
    session: AsyncSession, manifest_id: UUID, number: int
) -> bytes | None:
    """Return a chunk's bytes, or None behind the last one."""
    query = select(ManifestChunk.body).where(
        ManifestChunk.manifest_id == manifest_id, ManifestChunk.number == number
    )
    return (await session.scalars(query)).one_or_none()


async def delete_manifest(session: AsyncSession, manifest_id: UUID) -> None:
    """Let a manifest be none; its chunks are to be deleted by `delete_manifest_chunks`."""
    await session.execute(delete(Manifest).where(Manifest.manifest_id == manifest_id))


async def delete_manifest_chunks(session: AsyncSession, manifest_id: UUID) -> bool:
    """Delete some chunks of a manifest; False when none are left."""
    query = select(ManifestChunk.number).where(ManifestChunk.manifest_id == manifest_id)
    numbers: Sequence[int] = (await session.scalars(query.limit(CHUNKS_AT_ONCE))).all()
    await session.execute(
        delete(ManifestChunk).where(
            ManifestChunk.manifest_id == manifest_id, ManifestChunk.number.in_(numbers)
        )
    )
    return bool(numbers)


async def delete_expired_manifests(session: AsyncSession, now: datetime) -> bool:
    """Delete manifests of this organization that have expired, and some of their chunks.

    False when nothing is left to delete; else there may be more, for another transaction.
    """
    await session.execute(delete(Manifest).where(Manifest.expires_at <= now))
    expired = select(ManifestChunk.manifest_id).where(ManifestChunk.expires_at <= now).limit(1)
    manifest_id = (await session.scalars(expired)).one_or_none()
    return manifest_id is not None and await delete_manifest_chunks(session, manifest_id)
