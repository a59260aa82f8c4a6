"""Dataset sources: what a dataset was imported from, and is synced with."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Key, NewId, Table


class DatasetSource(Table):
    """A prefix of a location with the filters of the last import from there.

    The prefixes of a dataset's sources in one location never overlap.
    """

    __tablename__ = "dataset_source"
    __table_args__ = (
        UniqueConstraint("dataset_id", "location_id", "prefix"),
        ForeignKeyConstraint(["org_id", "dataset_id"], ["dataset.org_id", "dataset.dataset_id"]),
        ForeignKeyConstraint(
            ["org_id", "location_id"], ["external_location.org_id", "external_location.location_id"]
        ),
    )

    source_id: Mapped[NewId]
    org_id: Mapped[UUID]
    dataset_id: Mapped[UUID]
    location_id: Mapped[UUID]
    prefix: Mapped[Key]
    filters: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    pin_versions: Mapped[bool]


async def remember_source(
    session: AsyncSession,
    *,
    org_id: UUID,
    dataset_id: UUID,
    location_id: UUID,
    prefix: str,
    filters: Mapping[str, JsonValue] | None,
    pin_versions: bool,
) -> None:
    """Remember what is imported; it takes the place of the sources below its prefix.

    A prefix below one that is remembered already is not remembered: the wider one holds it.
    """
    of_place = (DatasetSource.dataset_id == dataset_id, DatasetSource.location_id == location_id)
    above = select(DatasetSource.source_id).where(
        *of_place,
        DatasetSource.prefix != prefix,
        func.starts_with(prefix, DatasetSource.prefix),
    )
    if await session.scalar(above.limit(1)) is not None:
        return
    below = func.starts_with(DatasetSource.prefix, prefix)
    await session.execute(delete(DatasetSource).where(*of_place, below))
    await session.execute(
        insert(DatasetSource).values(
            org_id=org_id,
            dataset_id=dataset_id,
            location_id=location_id,
            prefix=prefix,
            filters=filters,
            pin_versions=pin_versions,
        )
    )


async def list_dataset_sources(session: AsyncSession, dataset_id: UUID) -> Sequence[DatasetSource]:
    """Return a dataset's sources by location and prefix."""
    query = (
        select(DatasetSource)
        .where(DatasetSource.dataset_id == dataset_id)
        .order_by(DatasetSource.location_id, DatasetSource.prefix)
    )
    return (await session.scalars(query)).all()
