"""Walk the source files of an import in the order of their keys, and look each one up."""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.ingest.look_ups import look_up, not_in_bucket
from services.ingest.merge import RangeWork
from services.ingest.slices import SliceOverError, TimeSlice
from services.ingest.walks.staging import Found, merge_found, select_rows, selector_of
from shared.database.asset_merge import Interval, Scope
from shared.database.import_progress import Counts
from shared.database.session import Database, Session
from shared.database.source_files import list_source_files
from shared.storage.base import ObjectRow, ObjectStore

WINDOW = 10_000  # keys at a time: what a step of ten whole pages can find
BATCH_FILES = 100  # looked up in a second; the end of a slice loses no more than these
DENSE = 32  # source files on one page: then pages cost fewer requests and less time than look-ups
_FILLER = "\U0010ffff"
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class FileStep:
    """The source files in `(after, last]`, looked up."""

    after: str | None
    last: str | None
    done: bool
    found: Found

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Merge the source files of the interval, and no other key's asset."""
        scope = Scope(
            work.place,
            work.import_id,
            Interval("", self.after, self.last),
            source_files=True,
            marks_missing=True,
        )
        return await merge_found(session, work, self.found, scope)


async def walk_source_files(
    database: Database, store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[FileStep]:
    """Iterate over steps of source files up to the range's bound, as far as the time goes."""
    selector = selector_of(work)
    after = work.cursor
    while True:
        async with database.begin(work.place.org_id) as session:
            keys = await list_source_files(
                session, work.import_id, after=after, upper=work.upper, limit=WINDOW
            )
        is_last = len(keys) < WINDOW
        begin = 0
        while True:
            try:
                async with time.answer():
                    count, rows = await _find(store, work, keys[begin:])
            except SliceOverError:
                return
            looked = keys[begin : begin + count]
            begin += count
            done = is_last and begin >= len(keys)
            held = {row.key for row in rows}
            absent = [not_in_bucket(key) for key in looked if key not in held]
            last = (work.upper or (looked[-1] if looked else after)) if done else looked[-1]
            yield FileStep(after, last, done, select_rows(rows, absent, selector))
            if done:
                return
            after = last
            if begin >= len(keys):
                break


async def _find(
    store: ObjectStore, work: RangeWork, keys: Sequence[str]
) -> tuple[int, list[ObjectRow]]:
    """Look up some of the first keys; return how many, and the rows of those that exist.

    By pages of the listing when they are dense in the bucket, else each by itself.
    """
    if len(keys) > DENSE and work.is_ordered:
        count, rows = await _find_on_pages(store, work, keys)
        if count >= DENSE:
            return await _look_up_absent(store, work, keys[:count], rows)
    few = keys[:BATCH_FILES]
    return len(few), [
        row for row in await look_up(store, few, versions=work.pin_versions) if row is not None
    ]


async def _look_up_absent(
    store: ObjectStore, work: RangeWork, keys: Sequence[str], rows: Sequence[ObjectRow]
) -> tuple[int, list[ObjectRow]]:
    """Look up the keys that the pages did not show, up to a batch of them, as `_find` does.

    A listing that was not read to its end may be out of order further on.
    """
    held = {row.key for row in rows}
    absent = [key for key in keys if key not in held]
    if len(absent) > BATCH_FILES:
        keys = keys[: bisect_left(keys, absent[BATCH_FILES])]
        absent = absent[:BATCH_FILES]
    looked_up = await look_up(store, absent, versions=work.pin_versions)
    rows = [row for row in rows if row.key <= keys[-1]]
    return len(keys), [*rows, *(row for row in looked_up if row is not None)]


async def _find_on_pages(
    store: ObjectStore, work: RangeWork, keys: Sequence[str]
) -> tuple[int, list[ObjectRow]]:
    """Read pages from just before the first key on, as long as they hold many of the keys."""
    found: list[ObjectRow] = []
    count = 0
    listing = store.list_pages(work.prefix, after=just_before(keys[0]), versions=work.pin_versions)
    async for page in listing:
        covered = len(keys) if page.last is None else bisect_right(keys, page.last)
        wanted = set(keys[count:covered])
        found += [row for row in page.rows if row.key in wanted]
        is_dense = covered - count >= DENSE
        count = covered
        if count == len(keys) or not is_dense:
            break
    return count, found


def just_before(key: str) -> str | None:
    """Return a text less than the key, with few or no keys between them; None for the start.

    It is valid UTF-8 and no longer than a key may be.
    """
    head, last = key[:-1], ord(key[-1]) - 1
    if last in _SURROGATES:
        last = _SURROGATES.start - 1
    if last < 1:
        return head or None
    return head + chr(last) + (_FILLER if len(key.encode()) <= 1_000 else "")  # noqa: PLR2004 (of 1,024)
