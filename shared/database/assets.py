"""Assets: our records of objects, with ids that last."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    UniqueConstraint,
    Uuid,
    any_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Key, Table
from shared.errors import NotFoundError


class Asset(Table):
    """One object of one location, as a dataset knows it.

    `state` is `available`, `archived` (must be restored before it can be read) or `missing` (was
    listed once and is no longer there). `version` counts the contents and keys that it has had; the
    earlier ones are in `asset_version`.

    No foreign key: each would cost a look-up for each row of a merge. The place is that of the
    row's import, which has them, and nobody may delete a dataset or a location.
    """

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint("state IN ('available', 'archived', 'missing')", name="state"),
        UniqueConstraint("dataset_id", "location_id", "key"),
    )

    dataset_id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    org_id: Mapped[UUID]
    location_id: Mapped[UUID]
    key: Mapped[Key]
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str]
    last_modified: Mapped[datetime]
    storage_class: Mapped[str]
    version_id: Mapped[str | None]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def get_asset(session: AsyncSession, dataset_id: UUID, asset_id: UUID) -> Asset:
    """Return the asset, or raise NotFoundError."""
    found = await session.get(Asset, (dataset_id, asset_id))
    if found is None:
        raise NotFoundError("There is no such asset in this dataset.")
    return found


async def list_assets_by_id(
    session: AsyncSession, dataset_id: UUID, asset_ids: Sequence[UUID]
) -> Sequence[Asset]:
    """Return those of the assets that exist, in no order."""
    wanted = literal(list(asset_ids), ARRAY(Uuid))
    query = select(Asset).where(Asset.dataset_id == dataset_id, Asset.asset_id == any_(wanted))
    return (await session.scalars(query)).all()


async def list_assets(
    session: AsyncSession,
    dataset_id: UUID,
    *,
    location_id: UUID | None = None,
    state: str | None = None,
    key_prefix: str = "",
    after: UUID | None = None,
    limit: int,
) -> Sequence[Asset]:
    """Return a dataset's assets in order of their ids, narrowed by the filters given."""
    query = (
        select(Asset).where(Asset.dataset_id == dataset_id).order_by(Asset.asset_id).limit(limit)
    )
    if location_id is not None:
        query = query.where(Asset.location_id == location_id)
    if state is not None:
        query = query.where(Asset.state == state)
    if key_prefix:
        query = query.where(func.starts_with(Asset.key, key_prefix))
    if after is not None:
        query = query.where(Asset.asset_id > after)
    return (await session.scalars(query)).all()
