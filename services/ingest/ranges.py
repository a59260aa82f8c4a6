"""Ranges: found for a worker, and walked page by page or source file by source file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import cast
from uuid import UUID

from services.ingest.merge import Batch, FileBatch, PageBatch, RangeWork
from services.ingest.selectors import KEY_NOT_STORABLE, SOURCE_FILE_MISSING, Kind
from services.ingest.slices import SliceOverError, TimeSlice
from shared.clock import Clock
from shared.database.asset_merge import Place
from shared.database.import_jobs import get_import_job, start_import
from shared.database.import_ranges import find_import_range
from shared.database.rejected_keys import Rejection
from shared.database.session import Database
from shared.database.source_files import list_source_files
from shared.storage.base import ListingPage, ObjectRow, ObjectStore
from shared.uris import MAX_KEY_BYTES

BATCH_PAGES = 10  # of S3's thousand keys each: twice the upsert rate of one, 4 MB in memory
BATCH_SECONDS = 5.0  # a slow listing shows progress, and notices a cancellation, this often
BATCH_FILES = 100  # looked up in a second; the end of a slice loses no more than these
LOOK_UPS = 16  # at a time: far below the rate that S3 allows for a prefix


@dataclass(frozen=True, slots=True)
class RangeJob:
    """What the queue hands to a worker.

    `tries` counts the jobs in a row that got nowhere, `doubts` those of them whose error may stay.
    """

    org_id: UUID
    import_id: UUID
    range_id: UUID
    tries: int = 0
    doubts: int = 0


async def find_work(database: Database, job: RangeJob, clock: Clock) -> RangeWork | None:
    """Return what is left to do of a range, and let its import run; None when nothing is."""
    async with database.begin(job.org_id) as session:
        found = await find_import_range(session, job.range_id)
        if found is None or found.state != "open":
            return None
        await start_import(session, job.import_id, clock.now())
        imported = await get_import_job(session, job.import_id)
        if imported.state != "running":
            return None
        return RangeWork(
            place=Place(job.org_id, imported.dataset_id, imported.location_id),
            import_id=job.import_id,
            range_id=job.range_id,
            kind=cast("Kind", imported.selection),  # the table checks it
            prefix=imported.prefix,
            cursor=found.cursor,
        )


def list_batches(
    database: Database, store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[Batch]:
    """Iterate over what is left of a range, as far as the time goes.

    The caller applies each batch before the next.
    """
    match work.kind:
        case "prefix":
            return _list_pages(store, work, time)
        case "source_files":
            return _look_up_files(database, store, work, time)


async def _list_pages(
    store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[PageBatch]:
    listing = store.list_pages(work.prefix, after=work.cursor)
    pages: list[ListingPage] = []
    began = monotonic()
    while not pages or pages[-1].last is not None:
        if len(pages) == BATCH_PAGES or (pages and monotonic() - began > BATCH_SECONDS):
            yield _join(pages)
            pages, began = [], monotonic()
        try:
            async with time.answer():
                pages.append(await anext(listing))
        except SliceOverError:
            break
    if pages:
        yield _join(pages)


def _join(pages: Sequence[ListingPage]) -> PageBatch:
    rows = [row for page in pages for row in page.rows]
    too_long = [row for row in rows if _is_too_long(row.key)]
    rejections = [
        Rejection(each.raw, KEY_NOT_STORABLE, each.reason)
        for page in pages
        for each in page.undecodable
    ]
    for row in too_long:  # S3 has none, but stores that speak its API may
        reason = f"The key has more than {MAX_KEY_BYTES} bytes."
        rejections.append(Rejection(row.key.encode(), KEY_NOT_STORABLE, reason))
    if too_long:
        rows = [row for row in rows if not _is_too_long(row.key)]
    return PageBatch(pages[0].after, pages[-1].last, rows, rejections)


def _is_too_long(key: str) -> bool:
    return len(key) * 4 > MAX_KEY_BYTES and len(key.encode()) > MAX_KEY_BYTES


async def _look_up_files(
    database: Database, store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[FileBatch]:
    after = work.cursor
    while True:
        async with database.begin(work.place.org_id) as session:
            keys = await list_source_files(session, work.import_id, after=after, limit=BATCH_FILES)
        try:
            async with time.answer():
                rows = await _look_up(store, keys)
        except SliceOverError:
            return
        absent = [key for key, row in zip(keys, rows, strict=True) if row is None]
        done = len(keys) < BATCH_FILES
        yield FileBatch(
            after=after,
            last=keys[-1] if keys else after,
            done=done,
            found=[row for row in rows if row is not None],
            absent=absent,
            rejections=[_not_in_bucket(key) for key in absent],
        )
        if done:
            return
        after = keys[-1]


async def _look_up(store: ObjectStore, keys: Sequence[str]) -> list[ObjectRow | None]:
    turns = asyncio.Semaphore(LOOK_UPS)

    async def look_up(key: str) -> ObjectRow | None:
        async with turns:
            return await store.find_object(key)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look_up(key)) for key in keys]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed  # the others failed for the same reason
    return [task.result() for task in tasks]


def _not_in_bucket(key: str) -> Rejection:
    return Rejection(key.encode(), SOURCE_FILE_MISSING, "The bucket holds no object with this key.")
