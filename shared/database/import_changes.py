"""Import changes: what a scan found to differ, before and after it is applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Text, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import KEY_COLLATION, Table

TINY_BYTES = 1_024  # so little that many files have the same content: markers, empty lists


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why an object cannot be read: the code of the error, and a sentence of ours."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SampledObject:
    """An object that stands for `weight` of them; `version_id` is None where none is recorded."""

    key: str
    version_id: str | None
    weight: float


class ImportChange(Table):
    """One difference between a listing and the assets, as one import found it.

    `size` to `state` say what the asset is to become; a missing one keeps what it was. `asset_id`
    is None for an added object, `previous_key` where a moved one was. `unreadable_code` says that
    the object was tried and could not be read; of most objects nobody knows.
    """

    __tablename__ = "import_change"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('added', 'changed', 'moved', 'missing', 'restored')", name="kind"
        ),
        CheckConstraint("state IN ('available', 'archived', 'missing')", name="state"),
        CheckConstraint(
            "(unreadable_code IS NULL) = (unreadable_detail IS NULL)", name="unreadable"
        ),
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
    unreadable_code: Mapped[str | None]
    unreadable_detail: Mapped[str | None]

    @property
    def unreadable(self) -> Unreadable | None:
        """Why the object could not be read, if it was tried in vain."""
        if self.unreadable_code is None:
            return None
        return Unreadable(self.unreadable_code, self.unreadable_detail or "")


async def list_import_changes(
    session: AsyncSession,
    import_id: UUID,
    *,
    kind: str | None = None,
    state: str | None = None,
    unreadable: bool | None = None,
    after: str | None,
    limit: int,
) -> Sequence[ImportChange]:
    """Return an import's changes in key order, narrowed by the filters given.

    Not `unreadable` are also those that were not tried.
    """
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
    if unreadable is not None:
        query = query.where(ImportChange.unreadable_code.is_not(None) == unreadable)
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


async def list_sample(
    session: AsyncSession, import_id: UUID, *, after: str | None, last: str | None, most: int
) -> list[SampledObject]:
    """Return up to `most` of the objects that came or changed and should be readable.

    Of those with keys in `(after, last]`, in key order and with as many others between each two.
    """
    bounds = "".join(
        f" AND {bound}"
        for bound, key in (("key > :after", after), ("key <= :last", last))
        if key is not None
    )
    values = {"import_id": import_id, "after": after, "last": last, "most": most}
    found = (await session.execute(text(_SAMPLE.format(bounds=bounds)), values)).all()
    return [SampledObject(row.key, row.version_id, row.total / len(found)) for row in found]


async def note_unreadable(
    session: AsyncSession, import_id: UUID, found: Mapping[str, Unreadable]
) -> None:
    """Keep with the changes of these keys why their objects cannot be read."""
    await session.execute(
        text(_NOTE_UNREADABLE),
        {
            "import_id": import_id,
            "keys": list(found),
            "codes": [each.code for each in found.values()],
            "details": [each.detail for each in found.values()],
        },
    )


async def count_unreadable(session: AsyncSession, import_id: UUID) -> dict[str, int]:
    """Return how many objects could not be read for each reason, the most frequent first."""
    amount = func.count()
    query = (
        select(ImportChange.unreadable_code, amount)
        .where(ImportChange.import_id == import_id, ImportChange.unreadable_code.is_not(None))
        .group_by(ImportChange.unreadable_code)
        .order_by(amount.desc(), ImportChange.unreadable_code)
    )
    return {code: count for code, count in await session.execute(query) if code is not None}


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


# Of `total` objects those are taken whose place is the first in one of `most` equal parts.
_SAMPLE = """
WITH came AS NOT MATERIALIZED (
  SELECT key, version_id FROM import_change
  WHERE import_id = :import_id AND kind IN ('added', 'changed', 'restored')
    AND state = 'available'{bounds}
), amount AS MATERIALIZED (
  SELECT count(*) AS total FROM came
), placed AS NOT MATERIALIZED (
  SELECT key, version_id, row_number() OVER (ORDER BY key) - 1 AS place FROM came
)
SELECT key, version_id, total FROM placed, amount WHERE place * :most % total < :most ORDER BY key
"""

_NOTE_UNREADABLE = """
UPDATE import_change SET unreadable_code = found.code, unreadable_detail = found.detail
FROM unnest(CAST(:keys AS text[]), CAST(:codes AS text[]), CAST(:details AS text[]))
  AS found (key, code, detail)
WHERE import_change.import_id = :import_id AND import_change.key = found.key
"""

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
