"""Rejected keys: what an import could not take, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, LargeBinary, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table
from shared.database.import_jobs import ImportJob
from shared.uris import LONGEST_KEY_BYTES

_KEPT_BYTES = 2_500  # with the digest still less than LONGEST_KEY_BYTES


class RejectedKey(Table):
    """One key of one import. `key` is its UTF-8 bytes, since Postgres text cannot hold them all."""

    __tablename__ = "rejected_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "import_id"], ["import_job.org_id", "import_job.import_id"]
        ),
    )

    dataset_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    org_id: Mapped[UUID]
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
) -> dict[str, int]:
    """Store the rejections and count the new ones by code; a key is rejected once per import."""
    if not rejections:
        return {}
    added = await session.execute(
        text(_ADD),
        {
            "org_id": org_id,
            "dataset_id": dataset_id,
            "import_id": import_id,
            "keys": [_cut(each.key) for each in rejections],
            "codes": [each.code for each in rejections],
            "reasons": [each.reason for each in rejections],
        },
    )
    return {row.code: row.total for row in added}


async def list_rejected_keys(
    session: AsyncSession, job: ImportJob, *, after: bytes | None, limit: int
) -> Sequence[RejectedKey]:
    """Return an import's rejected keys in byte order."""
    query = (
        select(RejectedKey)
        .where(RejectedKey.dataset_id == job.dataset_id, RejectedKey.import_id == job.import_id)
        .order_by(RejectedKey.key)
        .limit(limit)
    )
    if after is not None:
        query = query.where(RejectedKey.key > after)
    return (await session.scalars(query)).all()


async def delete_rejected_keys(session: AsyncSession, job: ImportJob) -> None:
    """Forget all rejected keys of an import, which begins anew."""
    await session.execute(
        delete(RejectedKey).where(
            RejectedKey.dataset_id == job.dataset_id, RejectedKey.import_id == job.import_id
        )
    )


def _cut(key: bytes) -> bytes:
    """Return a key as it is stored: of one that no index can hold, the beginning and a digest."""
    if len(key) <= LONGEST_KEY_BYTES:
        return key
    return key[:_KEPT_BYTES] + b"...sha256:" + sha256(key).hexdigest().encode()


# Arrays, since a row of parameters for each key would be more parameters than Postgres takes.
_ADD = """
WITH added AS (
  INSERT INTO rejected_key (org_id, dataset_id, import_id, key, code, reason)
  SELECT :org_id, :dataset_id, :import_id, each.*
  FROM unnest(
    CAST(:keys AS bytea[]), CAST(:codes AS text[]), CAST(:reasons AS text[])
  ) AS each
  ON CONFLICT DO NOTHING
  RETURNING code
)
SELECT code, count(*) AS total FROM added GROUP BY code
"""
