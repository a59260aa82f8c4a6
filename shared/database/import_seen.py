"""Seen keys: which keys an import has come upon whose source has no order."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.asset_merge import Interval, Place, Scope, among_keys, inside, values_of
from shared.database.base import KEY_COLLATION, Table


class ImportSeen(Table):
    """One key that the source of one import holds; deleted when the import has been swept."""

    __tablename__ = "import_seen"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text(collation=KEY_COLLATION), primary_key=True)
    org_id: Mapped[UUID]


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many of the staged objects had not been seen before, by what becomes of them."""

    selected: int
    left_out: int
    archived: int


async def keep_unseen(session: AsyncSession, org_id: UUID, import_id: UUID) -> Unseen:
    """Note the staged keys as seen; unstage those that were seen before, and count the others."""
    values = {"org_id": org_id, "import_id": import_id}
    await session.execute(text(_KEEP), values)
    return Unseen(*(await session.execute(text(_COUNT))).one())


async def list_left_out(session: AsyncSession) -> set[str]:
    """Return the keys of the staged objects that are not selected."""
    return set((await session.scalars(text(_LEFT_OUT))).all())


async def plan_unseen_missing(
    session: AsyncSession, place: Place, import_id: UUID, interval: Interval
) -> int:
    """Note as missing the interval's assets whose keys the import has not seen; count them.

    Its seen keys are forgotten.
    """
    values = values_of(Scope(place, import_id, interval))
    missing = await session.scalar(text(_PLAN.format(where=inside(interval))), values)
    await forget_seen(session, place, import_id, interval)
    return missing or 0


async def forget_seen(
    session: AsyncSession, place: Place, import_id: UUID, interval: Interval
) -> None:
    """Forget the interval's keys that the import has seen."""
    values = values_of(Scope(place, import_id, interval))
    await session.execute(text(_FORGET.format(where=among_keys(interval))), values)


_KEEP = """
WITH seen AS (
  INSERT INTO import_seen (org_id, import_id, key)
  SELECT CAST(:org_id AS uuid), CAST(:import_id AS uuid), key FROM staged_object ORDER BY key
  ON CONFLICT DO NOTHING RETURNING key
)
DELETE FROM staged_object WHERE NOT EXISTS (
  SELECT FROM seen WHERE seen.key = staged_object.key
)
"""

_COUNT = """
SELECT count(*) FILTER (WHERE selected), count(*) FILTER (WHERE NOT selected),
  count(*) FILTER (WHERE selected AND state = 'archived')
FROM staged_object
"""

_LEFT_OUT = "SELECT key FROM staged_object WHERE NOT selected"

_PLAN = """
WITH missing AS (
  INSERT INTO import_change (org_id, import_id, key, kind, asset_id,
    size, etag, last_modified, storage_class, version_id, state)
  SELECT CAST(:org_id AS uuid), CAST(:import_id AS uuid), key, 'missing', asset_id,
    size, etag, last_modified, storage_class, version_id, 'missing'
  FROM asset WHERE {where} AND state <> 'missing' AND NOT EXISTS (
    SELECT FROM import_seen seen WHERE seen.import_id = :import_id AND seen.key = asset.key
  )
  RETURNING 1
)
SELECT count(*) FROM missing
"""

_FORGET = "DELETE FROM import_seen WHERE import_id = :import_id AND {where}"
