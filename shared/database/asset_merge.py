"""What a listing changes in the assets: staged by COPY, merged and marked by one statement each."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    any_,
    column,
    func,
    literal,
    select,
    table,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.assets import Asset

_SURROGATES = range(0xD800, 0xE000)  # code points that no text has


@dataclass(frozen=True, slots=True)
class Place:
    """Where assets belong: one location's objects in one dataset."""

    org_id: UUID
    dataset_id: UUID
    location_id: UUID


@dataclass(frozen=True, slots=True)
class Interval:
    """The keys that begin with `prefix` and lie in `(after, last]`; None is an open end."""

    prefix: str
    after: str | None
    last: str | None


class StagedObject(NamedTuple):
    """An object as a listing describes it: a row of the staging table, ready for COPY."""

    key: str
    size: int
    etag: str
    last_modified: datetime
    storage_class: str
    version_id: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Merged:
    """How many assets a merge added, changed and restored; the others were as listed."""

    added: int
    changed: int
    restored: int


async def stage_objects(session: AsyncSession, objects: Iterable[StagedObject]) -> None:
    """Copy objects, each key once, into the transaction's staging table, which begins empty.

    The table is a temporary one of the connection: Postgres refuses COPY into a table with
    row-level security. Plans are made anew in this transaction, since one that was made while few
    objects were staged would take seconds for many.
    """
    await session.execute(text(_STAGING_TABLE))
    await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    connection = await (await session.connection()).get_raw_connection()
    await connection.driver_connection.copy_records_to_table(  # type: ignore[union-attr]
        "staged_object",
        records=objects,
        columns=StagedObject._fields,
    )


async def merge_staged(session: AsyncSession, place: Place) -> Merged:
    """Make the place's assets say what the staged objects say; write only what differs."""
    merged = (await session.execute(text(_MERGE), asdict(place))).one()
    return Merged(merged.added, merged.changed, merged.restored)


async def mark_unstaged_missing(session: AsyncSession, place: Place, interval: Interval) -> int:
    """Mark the interval's assets that are not staged as missing; return how many were not yet."""
    staged = table("staged_object", column("key"))
    is_staged = select(literal(1)).where(staged.c.key == Asset.key).exists()
    return await _mark_missing(session, *_inside(place, interval), ~is_staged)


async def mark_keys_missing(session: AsyncSession, place: Place, keys: Sequence[str]) -> int:
    """Mark the assets of these keys as missing; return how many were not yet."""
    gone = Asset.key == any_(literal(list(keys), ARRAY(Text)))
    return await _mark_missing(session, *_at(place), gone)


async def find_cut(
    session: AsyncSession, place: Place, interval: Interval, *, most: int
) -> str | None:
    """Return a key that cuts the interval behind its first `most` assets; None if it has fewer."""
    inside = select(Asset.key).where(*_inside(place, interval))
    return await session.scalar(inside.order_by(Asset.key).offset(most).limit(1))


def end_of_prefix(prefix: str) -> str | None:
    """Return the smallest key that is greater than all that begin with `prefix`, if there is one.

    UTF-8 byte order is the order of code points, so it is the prefix with its last one raised.
    """
    while prefix:
        prefix, raised = prefix[:-1], ord(prefix[-1]) + 1
        if raised in _SURROGATES:
            raised = _SURROGATES.stop
        try:
            return prefix + chr(raised)
        except ValueError:  # the last code point there is: raise the one before it
            continue
    return None


async def _mark_missing(session: AsyncSession, *which: ColumnElement[bool]) -> int:
    marked = (
        update(Asset)
        .where(*which, Asset.state != "missing")
        .values(state="missing", updated_at=func.now())
        .returning(literal(1))
        .cte("marked")
    )
    return (await session.execute(select(func.count()).select_from(marked))).scalar_one()


def _at(place: Place) -> list[ColumnElement[bool]]:
    return [Asset.dataset_id == place.dataset_id, Asset.location_id == place.location_id]


def _inside(place: Place, interval: Interval) -> list[ColumnElement[bool]]:
    bounds = [*_at(place), Asset.key >= interval.prefix]
    if interval.after is not None:
        bounds.append(Asset.key > interval.after)
    if interval.last is not None:
        bounds.append(Asset.key <= interval.last)
    end = end_of_prefix(interval.prefix)
    if end is not None:
        bounds.append(Asset.key < end)
    return bounds


_STAGING_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_object (
  key text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  etag text NOT NULL,
  last_modified timestamptz NOT NULL,
  storage_class text NOT NULL,
  version_id text,
  state text NOT NULL
) ON COMMIT DELETE ROWS
"""

# In order of keys, so that two transactions that meet lock the rows in the same order.
_MERGE = """
WITH merged AS (
  INSERT INTO asset AS kept (org_id, dataset_id, location_id,
    key, size, etag, last_modified, storage_class, version_id, state)
  SELECT CAST(:org_id AS uuid), CAST(:dataset_id AS uuid), CAST(:location_id AS uuid),
    key, size, etag, last_modified, storage_class, version_id, state
  FROM staged_object ORDER BY key
  ON CONFLICT (dataset_id, location_id, key) DO UPDATE SET
    size = excluded.size, etag = excluded.etag, last_modified = excluded.last_modified,
    storage_class = excluded.storage_class, version_id = excluded.version_id,
    state = excluded.state, updated_at = now()
  WHERE (kept.size, kept.etag, kept.last_modified, kept.storage_class, kept.version_id, kept.state)
    IS DISTINCT FROM (excluded.size, excluded.etag, excluded.last_modified,
      excluded.storage_class, excluded.version_id, excluded.state)
  RETURNING old.state AS state_before
)
SELECT count(*) FILTER (WHERE state_before IS NULL) AS added,
       count(*) FILTER (WHERE state_before <> 'missing') AS changed,
       count(*) FILTER (WHERE state_before = 'missing') AS restored
FROM merged
"""
