"""Walk a listing page by page, in the order of its keys."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from services.ingest.filters import Selector
from services.ingest.merge import RangeWork
from services.ingest.slices import SliceOverError, TimeSlice
from services.ingest.walks.staging import Found, find_among, find_aside, merge_found, selector_of
from shared.database.asset_merge import Interval, Scope, find_cut
from shared.database.import_progress import Counts
from shared.database.session import Database, Session
from shared.storage.base import ListingPage, ObjectStore

BATCH_PAGES = 10  # of S3's thousand keys each: twice the upsert rate of one, 4 MB in memory
BATCH_KEYS = 10_000  # which a few of Azure's pages have
BATCH_SECONDS = 5.0  # a slow listing shows progress, and notices a cancellation, this often
MOST_ASSETS = 50_000  # in one interval: a transaction of about a second when all have vanished


@dataclass(frozen=True, slots=True)
class PageStep:
    """Pages in a row: all that the store lists in `(after, last]`; `last` None is the end."""

    after: str | None
    last: str | None
    done: bool
    found: Found
    selector: Selector | None

    def within(self, upper: str | None) -> "PageStep":
        """Return what of it lies up to the range's bound, where the range is done."""
        if upper is None or (self.last is not None and self.last < upper):
            return self
        found = self.found.up_to(upper, self.selector)
        return replace(self, last=upper, done=True, found=found)

    def split(self, cut: str) -> tuple["PageStep", "PageStep"]:
        """Return the step in two: up to `cut` and behind it."""
        head = self.within(cut)
        rows = [row for row in (*self.found.rows, *self.found.left_out) if row.key > cut]
        raw = cut.encode()
        behind = find_among(rows, (), self.selector)
        rejections = [each for each in self.found.rejections if each.key > raw]
        tail = Found(behind.rows, behind.left_out, behind.skipped, rejections)
        return (
            replace(head, done=False),
            replace(self, after=cut, found=tail),
        )

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Merge the interval. Only a plan can find assets missing: elsewhere there were none."""
        scope = Scope(
            work.place,
            work.import_id,
            Interval(work.prefix, self.after, self.last),
            marks_missing=work.is_planned,
        )
        return await merge_found(session, work, self.found, scope)


async def walk_pages(
    store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[PageStep]:
    """Iterate over steps of about ten thousand keys or ten pages, as far as the time goes.

    The last page may go on behind the range's bound, if it has one.
    """
    selector = selector_of(work)
    listing = store.list_pages(work.prefix, after=work.cursor, versions=work.pin_versions)
    pages: list[ListingPage] = []
    keys, began = 0, monotonic()
    while not pages or not _is_end(pages[-1], work.upper):
        whole = len(pages) == BATCH_PAGES or keys >= BATCH_KEYS
        if whole or (pages and monotonic() - began > BATCH_SECONDS):
            yield await _join(pages, selector)
            pages, keys, began = [], 0, monotonic()
        try:
            async with time.answer():
                pages.append(await anext(listing))
                keys += len(pages[-1].rows)
        except SliceOverError:
            break
    if pages:
        yield await _join(pages, selector)


def _is_end(page: ListingPage, upper: str | None) -> bool:
    return page.last is None or (upper is not None and page.last >= upper)


async def cut_step(
    database: Database, work: RangeWork, step: PageStep, *, most: int
) -> AsyncIterator[PageStep]:
    """Yield a step in parts that are each written before the next.

    There is one, unless its interval holds very many assets, as after a customer emptied a bucket.
    """
    while work.is_planned:
        interval = Interval(work.prefix, step.after, step.last)
        async with database.begin(work.place.org_id) as session:
            cut = await find_cut(session, work.place, interval, most=most)
        if cut is None or cut == step.last:
            break
        head, step = step.split(cut)
        yield head
    yield step


async def _join(pages: Sequence[ListingPage], selector: Selector | None) -> PageStep:
    rows = [row for page in pages for row in page.rows]
    undecodable = [each for page in pages for each in page.undecodable]
    found = await find_aside(rows, undecodable, selector)
    return PageStep(pages[0].after, pages[-1].last, pages[-1].last is None, found, selector)
