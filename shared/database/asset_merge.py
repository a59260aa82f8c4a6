"""How a listing and the assets differ: staged by COPY, compared and written by one statement.

The assets of a place are compared with the staged objects in one pass. What differs is written
at once, or noted as changes of a plan (import_changes.py) that is applied later by the same
statement. What does not differ is not touched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

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


Staged = tuple[str, int, str, datetime, str, str | None, str, bool]
"""An object as a listing describes it, as a row of the staging table: see STAGED_COLUMNS.

One that is not `selected` makes no asset, and changes none. No class of its own: there are as many
as keys in a bucket.
"""

STAGED_COLUMNS = (
    "key",
    "size",
    "etag",
    "last_modified",
    "storage_class",
    "version_id",
    "state",
    "selected",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which assets are compared with the staged objects, and whether those unstaged are missing.

    All in the interval; of `source_files`, those of them that the import lists. Without an
    interval they are the assets of the staged keys, of which none can be missing.
    """

    place: Place
    import_id: UUID
    interval: Interval | None
    source_files: bool = False
    marks_missing: bool = False


@dataclass(frozen=True, slots=True)
class Differences:
    """How many assets a comparison found to add, to change, to restore, and to be missing."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    restored: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        return self.added + self.changed + self.moved + self.restored + self.missing


async def stage_objects(session: AsyncSession, objects: Iterable[Staged]) -> None:
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
        columns=STAGED_COLUMNS,
    )


async def write_differences(session: AsyncSession, scope: Scope) -> Differences:
    """Make the assets of the scope say what the staged objects say."""
    return await _write(session, f"WITH {_known(scope)}, {_DIFFERING}, {_WRITTEN}", scope)


async def plan_differences(session: AsyncSession, scope: Scope) -> Differences:
    """Note as changes of the import what differs between the scope's assets and what is staged."""
    return await _write(session, f"WITH {_known(scope)}, {_DIFFERING}, {_PLANNED}", scope)


async def apply_changes(
    session: AsyncSession, place: Place, import_id: UUID, *, after: str | None, last: str | None
) -> Differences:
    """Write the changes that an import has planned for the keys in `(after, last]`."""
    interval = Interval("", after, last)
    scope = Scope(place, import_id, interval)
    bounds = among_keys(interval)
    return await _write(session, f"WITH {_CHANGES.format(bounds=bounds)}, {_WRITTEN}", scope)


async def find_cut(
    session: AsyncSession, place: Place, interval: Interval, *, most: int
) -> str | None:
    """Return a key that cuts the interval behind its first `most` assets; None if it has fewer."""
    scope = Scope(place, UUID(int=0), interval)
    query = _CUT.format(where=inside(interval))
    cut: str | None = await session.scalar(text(query), values_of(scope) | {"most": most})
    return cut


async def has_assets(session: AsyncSession, place: Place, interval: Interval) -> bool:
    """Say whether the interval holds an asset, be it missing."""
    values = values_of(Scope(place, UUID(int=0), interval))
    return bool(await session.scalar(text(_HAS_ASSETS.format(where=inside(interval))), values))


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


async def _write(session: AsyncSession, statement: str, scope: Scope) -> Differences:
    found = (await session.execute(text(f"{statement} {_COUNTS}"), values_of(scope))).one()
    return Differences(*found)


def values_of(scope: Scope) -> dict[str, object]:
    """Return a scope as the parameters of statements."""
    values: dict[str, object] = {
        "org_id": scope.place.org_id,
        "dataset_id": scope.place.dataset_id,
        "location_id": scope.place.location_id,
        "import_id": scope.import_id,
        "marks_missing": scope.marks_missing,
    }
    if scope.interval is not None:
        values |= {
            "prefix": scope.interval.prefix,
            "end": end_of_prefix(scope.interval.prefix),
            "after": scope.interval.after,
            "last": scope.interval.last,
        }
    return values


def inside(interval: Interval) -> str:
    """Return the condition on an asset's place and key, in the words of one index."""
    of_place = "dataset_id = :dataset_id AND location_id = :location_id"
    return f"{of_place} AND {among_keys(interval)}"


def among_keys(interval: Interval) -> str:
    """Return the condition on a key, with the parameters of `values_of`."""
    bounds = ["key >= :prefix"]
    if interval.after is not None:
        bounds.append("key > :after")
    if interval.last is not None:
        bounds.append("key <= :last")
    if end_of_prefix(interval.prefix) is not None:
        bounds.append("key < :end")
    return " AND ".join(bounds)


def _known(scope: Scope) -> str:
    if scope.interval is None:
        return _KNOWN.format(where=_OF_STAGED_KEYS)
    where = inside(scope.interval)
    if scope.source_files:
        where += _AMONG_SOURCE_FILES
    return _KNOWN.format(where=where)


_STAGING_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_object (
  key text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  etag text NOT NULL,
  last_modified timestamptz NOT NULL,
  storage_class text NOT NULL,
  version_id text,
  state text NOT NULL,
  selected boolean NOT NULL
) ON COMMIT DELETE ROWS
"""

_CUT = "SELECT key FROM asset WHERE {where} ORDER BY key OFFSET :most LIMIT 1"

_HAS_ASSETS = "SELECT EXISTS (SELECT FROM asset WHERE {where})"

_KNOWN = """
known AS (
  SELECT asset_id, key, size, etag, last_modified, storage_class, version_id, state, version
  FROM asset WHERE {where}
)"""

_OF_STAGED_KEYS = """
  dataset_id = :dataset_id AND location_id = :location_id
  AND key IN (SELECT key FROM staged_object)"""

_AMONG_SOURCE_FILES = """
  AND EXISTS (SELECT FROM import_source_file wanted
    WHERE wanted.import_id = :import_id AND wanted.key = asset.key)"""

# An asset keeps what was known of its object when that is missing.
_DIFFERING = """
differing AS MATERIALIZED (
  SELECT coalesce(staged.key, known.key) AS key, known.asset_id, NULL::text AS previous_key,
    CASE WHEN known.key IS NULL THEN 'added' WHEN staged.key IS NULL THEN 'missing'
      WHEN known.state = 'missing' THEN 'restored' ELSE 'changed' END AS kind,
    coalesce(staged.size, known.size) AS size,
    coalesce(staged.etag, known.etag) AS etag,
    coalesce(staged.last_modified, known.last_modified) AS last_modified,
    coalesce(staged.storage_class, known.storage_class) AS storage_class,
    CASE WHEN staged.key IS NULL THEN known.version_id ELSE staged.version_id END AS version_id,
    coalesce(staged.state, 'missing') AS state
  FROM staged_object staged FULL JOIN known ON known.key = staged.key
  WHERE CASE
    WHEN staged.key IS NULL THEN :marks_missing AND known.state <> 'missing'
    WHEN NOT staged.selected THEN false
    ELSE (known.size, known.etag, known.last_modified, known.storage_class, known.version_id,
        known.state)
      IS DISTINCT FROM (staged.size, staged.etag, staged.last_modified, staged.storage_class,
        staged.version_id, staged.state)
    END
)"""

_CHANGES = """
differing AS MATERIALIZED (
  SELECT key, asset_id, previous_key, kind, size, etag, last_modified, storage_class, version_id,
    state
  FROM import_change
  WHERE import_id = :import_id AND {bounds}
)"""

# The array has the assets looked up by their ids, also before Postgres has statistics of the table:
# it would join all of a new dataset with each batch.
# `replaced` keeps what a changed or moved asset was. Of an object that was only touched, archived
# or lost there is no new version.
_WRITTEN = """
added AS (
  INSERT INTO asset (org_id, dataset_id, location_id,
    key, size, etag, last_modified, storage_class, version_id, state)
  SELECT CAST(:org_id AS uuid), CAST(:dataset_id AS uuid), CAST(:location_id AS uuid),
    key, size, etag, last_modified, storage_class, version_id, state
  FROM differing WHERE kind = 'added' ORDER BY key
), updated AS (
  UPDATE asset SET key = differing.key, size = differing.size, etag = differing.etag,
    last_modified = differing.last_modified, storage_class = differing.storage_class,
    version_id = differing.version_id, state = differing.state, updated_at = now(),
    version = asset.version + CAST(
      (asset.key, asset.size, asset.etag, asset.version_id)
      IS DISTINCT FROM (differing.key, differing.size, differing.etag, differing.version_id) AS int)
  FROM differing
  WHERE differing.kind <> 'added'
    AND asset.dataset_id = :dataset_id AND asset.asset_id = differing.asset_id
    AND asset.asset_id = ANY (ARRAY(SELECT asset_id FROM differing WHERE kind <> 'added'))
  RETURNING old.version AS version, new.version AS next, asset.asset_id, old.key AS key,
    old.size AS size, old.etag AS etag, old.last_modified AS last_modified,
    old.version_id AS version_id
), replaced AS (
  INSERT INTO asset_version (org_id, dataset_id, asset_id, version, import_id,
    key, size, etag, last_modified, version_id)
  SELECT CAST(:org_id AS uuid), CAST(:dataset_id AS uuid), asset_id, version,
    CAST(:import_id AS uuid), key, size, etag, last_modified, version_id
  FROM updated WHERE next > version
)"""

_PLANNED = """
planned AS (
  INSERT INTO import_change (org_id, import_id, key, kind, asset_id, previous_key,
    size, etag, last_modified, storage_class, version_id, state)
  SELECT CAST(:org_id AS uuid), CAST(:import_id AS uuid), key, kind, asset_id, previous_key,
    size, etag, last_modified, storage_class, version_id, state
  FROM differing ORDER BY key
)"""

_COUNTS = """
SELECT count(*) FILTER (WHERE kind = 'added'), count(*) FILTER (WHERE kind = 'changed'),
  count(*) FILTER (WHERE kind = 'moved'), count(*) FILTER (WHERE kind = 'restored'),
  count(*) FILTER (WHERE kind = 'missing')
FROM differing
"""
