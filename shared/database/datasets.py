"""Datasets: where assets live."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table
from shared.errors import ConflictError, NotFoundError


class Dataset(Table):
    """A named set of assets. `hosting` is `self_hosted` or `copied`.

    One with `sync_every` is synced each time that `next_sync_at` has come, unless more than
    `sync_max_missing_share` of its assets would go missing.
    """

    __tablename__ = "dataset"
    __table_args__ = (
        CheckConstraint("hosting IN ('self_hosted', 'copied')", name="hosting"),
        UniqueConstraint("org_id", "name"),
        UniqueConstraint("org_id", "dataset_id"),
    )

    dataset_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"))
    name: Mapped[str]
    hosting: Mapped[str]
    sync_every: Mapped[timedelta | None]
    sync_max_missing_share: Mapped[float] = mapped_column(server_default=text("0.2"))
    next_sync_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


async def add_dataset(session: AsyncSession, org_id: UUID, name: str, hosting: str) -> Dataset:
    """Store a dataset. Raise ConflictError when the organization has one of this name."""
    added = await session.scalars(
        insert(Dataset)
        .values(org_id=org_id, name=name, hosting=hosting)
        .on_conflict_do_nothing()
        .returning(Dataset)
    )
    dataset = added.one_or_none()
    if dataset is None:
        raise ConflictError("There is a dataset of this name already.", field="name")
    return dataset


async def find_dataset(
    session: AsyncSession, dataset_id: UUID, *, lock: bool = False
) -> Dataset | None:
    """Return the dataset, or None; `lock` keeps others from changing it."""
    return await session.get(
        Dataset, dataset_id, with_for_update=lock or None, populate_existing=lock
    )


async def get_dataset(session: AsyncSession, dataset_id: UUID, *, lock: bool = False) -> Dataset:
    """Return the dataset, or raise NotFoundError; `lock` keeps others from changing it."""
    found = await find_dataset(session, dataset_id, lock=lock)
    if found is None:
        raise NotFoundError("There is no such dataset.")
    return found


async def list_datasets(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[Dataset]:
    """Return the organization's datasets in order of their ids."""
    query = select(Dataset).order_by(Dataset.dataset_id).limit(limit)
    if after is not None:
        query = query.where(Dataset.dataset_id > after)
    return (await session.scalars(query)).all()
