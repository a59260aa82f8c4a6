"""Import changes: what a scan found to differ, before and after it is applied."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Text, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import KEY_COLLATION, Table

TINY_BYTES = 1_024  # so little that many files have the same content: markers, empty lists


class ImportChange(Table):
    """One difference between a listing and the assets, as one import found it.

    `size` to `state` say what the asset is to become; a missing one keeps what it was. `asset_id`
    is None for an added object, `previous_key` where a moved one was.
    """

    __tablename__ = "import_change"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('added', 'changed', 'moved', 'missing', 'restored')", name="kind"
        ),
        CheckConstraint("state IN ('available', 'archived', 'missing')", name="state"),
    )

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation=KEY_COLLATION), primary_key=True)
    org_id: Mapped[UUID]
    kind: Mapped[str]
    asset_id: Mapped[UUID | None]
    previous_key: Mapped[str | None] = mapped_column(Text(collation=KEY_COLLATION))
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str]
    last_modified: Mapped[datetime]
    storage_class: Mapped[str]
    version_id: Mapped[str | None]
    state: Mapped[str]


async def list_import_changes(
    session: AsyncSession,
    import_id: UUID,
    *,
    kind: str | None = None,
    state: str | None = None,
    after: str | None,
    limit: int,
) -> Sequence[ImportChange]:
    """Return an import's changes in key order, narrowed by the filters given."""
    query = (
        select(ImportChange)
        .where(ImportChange.import_id == import_id)
        .order_by(ImportChange.key)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(ImportChange.kind == kind)
    if state is not None:
        query = query.where(ImportChange.state == state)
    if after is not None:
        query = query.where(ImportChange.key > after)
    return (await session.scalars(query)).all()


async def delete_changes(session: AsyncSession, import_id: UUID) -> None:
    """Forget all changes of an import, which begins anew."""
    await session.execute(delete(ImportChange).where(ImportChange.import_id == import_id))


async def find_change_key(
    session: AsyncSession, import_id: UUID, *, after: str | None, most: int
) -> str | None:
    """Return the key of the `most`-th change behind `after`; None if there are fewer."""
    query = (
        select(ImportChange.key)
        .where(ImportChange.import_id == import_id)
        .order_by(ImportChange.key)
        .offset(most - 1)
        .limit(1)
    )
    if after is not None:
        query = query.where(ImportChange.key > after)
    return await session.scalar(query)


async def find_moves(session: AsyncSession, import_id: UUID) -> int:
    """Make one change of each object that vanished at one key and came at another; count them.

    It is the same object when size and ETag are the same, it is the only one to vanish with them
    and the only one to come, and it came later than it was known. Tiny objects also have the same
    last part of the key, and empty ones are all alike: nothing is guessed. A multipart ETag depends
    on the size of the parts (S3 User Guide, "Checking object integrity"), so a copy that was made
    in other parts is not recognized.
    """
    values = {"import_id": import_id, "tiny": TINY_BYTES}
    moved: int = (await session.execute(text(_FIND_MOVES), values)).scalar_one()
    return moved


# The vanished row goes and the row of the new key takes its place.
_FIND_MOVES = r"""
WITH vanished AS (
  SELECT size, etag, min(key) AS key, (array_agg(asset_id))[1] AS asset_id,
    min(last_modified) AS last_modified
  FROM import_change WHERE import_id = :import_id AND kind = 'missing' AND size > 0
  GROUP BY size, etag HAVING count(*) = 1
), came AS (
  SELECT size, etag, min(key) AS key, min(last_modified) AS last_modified
  FROM import_change WHERE import_id = :import_id AND kind = 'added' AND size > 0
  GROUP BY size, etag HAVING count(*) = 1
), pair AS (
  SELECT vanished.key AS previous_key, vanished.asset_id, came.key
  FROM vanished JOIN came USING (size, etag)
  WHERE came.last_modified >= vanished.last_modified
    AND (size >= :tiny
      OR regexp_replace(vanished.key, '^.*/', '') = regexp_replace(came.key, '^.*/', ''))
), moved AS (
  UPDATE import_change SET kind = 'moved', asset_id = pair.asset_id,
    previous_key = pair.previous_key
  FROM pair WHERE import_id = :import_id AND import_change.key = pair.key
  RETURNING 1
), gone AS (
  DELETE FROM import_change USING pair
  WHERE import_id = :import_id AND import_change.key = pair.previous_key
)
SELECT count(*) FROM moved
"""
