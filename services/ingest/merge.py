"""The page transaction: what a store listed becomes assets, once, whoever listed it and died."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.ingest.selectors import Kind
from shared.clock import Clock
from shared.database.asset_merge import (
    Interval,
    Place,
    StagedObject,
    find_cut,
    mark_keys_missing,
    mark_unstaged_missing,
    merge_staged,
    stage_objects,
)
from shared.database.import_jobs import Counts, add_counts, complete_import
from shared.database.import_ranges import move_cursor
from shared.database.rejected_keys import Rejection, add_rejected_keys
from shared.database.session import Database
from shared.storage.base import ObjectRow

MOST_ASSETS = 50_000  # in one interval: a transaction of about a second when all have vanished


class RangeLostError(Exception):
    """Another worker has moved the range's cursor: nothing was written, and nothing may be."""


class ImportEndedError(Exception):
    """The import was cancelled or has failed: nothing was written, and nothing may be."""


@dataclass(frozen=True, slots=True)
class RangeWork:
    """A range with what a worker must know to walk it on from `cursor`."""

    place: Place
    import_id: UUID
    range_id: UUID
    kind: Kind
    prefix: str
    cursor: str | None


@dataclass(frozen=True, slots=True)
class PageBatch:
    """Pages in a row: all that the store lists in `(after, last]`; `last` None is the end."""

    after: str | None
    last: str | None
    found: Sequence[ObjectRow]
    rejections: Sequence[Rejection] = ()

    @property
    def done(self) -> bool:
        return self.last is None

    def split(self, cut: str) -> tuple["PageBatch", "PageBatch"]:
        """Return the batch in two: up to `cut` and behind it."""
        raw = cut.encode()
        head = PageBatch(
            self.after,
            cut,
            [row for row in self.found if row.key <= cut],
            [each for each in self.rejections if each.key <= raw],
        )
        tail = PageBatch(
            cut,
            self.last,
            [row for row in self.found if row.key > cut],
            [each for each in self.rejections if each.key > raw],
        )
        return head, tail


@dataclass(frozen=True, slots=True)
class FileBatch:
    """The source files in `(after, last]`, looked up: those `found`, and the `absent` keys."""

    after: str | None
    last: str | None
    done: bool
    found: Sequence[ObjectRow]
    absent: Sequence[str]
    rejections: Sequence[Rejection] = ()


Batch = PageBatch | FileBatch


class Merger:
    """Apply batches in the order of their keys, each in a transaction of its own."""

    def __init__(self, database: Database, clock: Clock, *, most_assets: int = MOST_ASSETS) -> None:
        self._database = database
        self._clock = clock
        self._most_assets = most_assets

    async def cut(self, work: RangeWork, batch: Batch) -> AsyncIterator[Batch]:
        """Yield the batch in parts that are each applied before the next.

        There is one, unless its interval holds very many assets, as after a customer emptied a
        bucket.
        """
        while isinstance(batch, PageBatch):
            interval = Interval(work.prefix, batch.after, batch.last)
            async with self._database.begin(work.place.org_id) as session:
                cut = await find_cut(session, work.place, interval, most=self._most_assets)
            if cut is None or cut == batch.last:
                break
            head, batch = batch.split(cut)
            yield head
        yield batch

    async def apply(self, work: RangeWork, batch: Batch) -> None:
        """Write a batch, or raise RangeLostError or ImportEndedError and write nothing of it."""
        async with self._database.begin(work.place.org_id) as session:
            # First, for its row lock: a worker that took this one's place has moved the cursor,
            # or waits here until this transaction has moved it and then does not find it.
            moved = await move_cursor(
                session, work.range_id, after=batch.after, last=batch.last, done=batch.done
            )
            if not moved:
                raise RangeLostError
            await stage_objects(session, map(_staged, batch.found))
            merged = await merge_staged(session, work.place)
            match batch:
                case PageBatch(after=after, last=last):
                    interval = Interval(work.prefix, after, last)
                    missing = await mark_unstaged_missing(session, work.place, interval)
                case FileBatch(absent=absent):
                    missing = await mark_keys_missing(session, work.place, absent)
            rejected = await add_rejected_keys(
                session,
                org_id=work.place.org_id,
                dataset_id=work.place.dataset_id,
                import_id=work.import_id,
                rejections=batch.rejections,
            )
            counts = Counts(
                listed=len(batch.found) + sum(rejected.values()),
                added=merged.added,
                changed=merged.changed,
                restored=merged.restored,
                unchanged=len(batch.found) - merged.added - merged.changed - merged.restored,
                missing=missing,
                archived=sum(row.archived for row in batch.found),
                rejected_by_code=rejected,
            )
            if not await add_counts(session, work.import_id, counts):
                raise ImportEndedError
            if batch.done:
                await complete_import(session, work.import_id, self._clock.now())


def _staged(row: ObjectRow) -> StagedObject:
    return StagedObject(
        key=row.key,
        size=row.size,
        etag=row.etag,
        last_modified=row.last_modified,
        storage_class=row.storage_class,
        version_id=row.version_id,
        state="archived" if row.archived else "available",
    )
