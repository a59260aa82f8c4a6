"""Asset versions: what an asset was before its object changed or moved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Key, Table


class AssetVersion(Table):
    """One content and key that an asset had until `replaced_at`, when an import found another."""

    __tablename__ = "asset_version"

    dataset_id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[UUID]
    import_id: Mapped[UUID]
    key: Mapped[Key]
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str]
    last_modified: Mapped[datetime]
    version_id: Mapped[str | None]
    replaced_at: Mapped[CreatedAt]


async def list_asset_versions(
    session: AsyncSession, dataset_id: UUID, asset_id: UUID, *, before: int | None, limit: int
) -> Sequence[AssetVersion]:
    """Return an asset's earlier versions, newest first."""
    query = (
        select(AssetVersion)
        .where(AssetVersion.dataset_id == dataset_id, AssetVersion.asset_id == asset_id)
        .order_by(AssetVersion.version.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AssetVersion.version < before)
    return (await session.scalars(query)).all()
