"""Rejected keys: what an import could not take, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table


class RejectedKey(Table):
    """One key of one import. `key` is its UTF-8 bytes, since Postgres text cannot hold them all."""

    __tablename__ = "rejected_key"

    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.dataset_id"), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.import_id"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    code: Mapped[str]
    reason: Mapped[str]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A key that an import cannot take, a stable code, and a sentence for the customer."""

    key: bytes
    code: str
    reason: str


async def add_rejected_keys(
    session: AsyncSession,
    *,
    org_id: UUID,
    dataset_id: UUID,
    import_id: UUID,
    rejections: Sequence[Rejection],
) -> int:
    """Store the rejections and return how many are new; a key is rejected once per import."""
    if not rejections:
        return 0
    added = await session.execute(
        insert(RejectedKey)
        .values(
            [
                {
                    "org_id": org_id,
                    "dataset_id": dataset_id,
                    "import_id": import_id,
                    "key": each.key,
                    "code": each.code,
                    "reason": each.reason,
                }
                for each in rejections
            ]
        )
        .on_conflict_do_nothing()
        .returning(RejectedKey.key)
    )
    return len(added.all())


async def list_rejected_keys(
    session: AsyncSession, import_id: UUID, *, after: bytes | None, limit: int
) -> Sequence[RejectedKey]:
    """Return an import's rejected keys in byte order."""
    query = (
        select(RejectedKey)
        .where(RejectedKey.import_id == import_id)
        .order_by(RejectedKey.key)
        .limit(limit)
    )
    if after is not None:
        query = query.where(RejectedKey.key > after)
    return (await session.scalars(query)).all()


async def count_rejected_keys(session: AsyncSession, import_id: UUID) -> dict[str, int]:
    """Return how many keys of an import were rejected for each code."""
    query = (
        select(RejectedKey.code, func.count().label("total"))
        .where(RejectedKey.import_id == import_id)
        .group_by(RejectedKey.code)
    )
    return {row.code: row.total for row in await session.execute(query)}
