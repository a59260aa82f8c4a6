"""Walk a listing that has no order: mark what was seen, and look for the rest in the end."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from services.ingest.merge import RangeWork
from services.ingest.slices import SliceOverError, TimeSlice
from services.ingest.walks.staging import Found, find_aside, merge_found, merge_marked, selector_of
from shared.database.asset_merge import Interval, Scope, find_cut
from shared.database.import_progress import Counts
from shared.database.import_seen import forget_seen, plan_unseen_missing
from shared.database.session import Database, Session
from shared.storage.base import ObjectStore

SWEEP_KEYS = 50_000  # assets at a time: an index scan of less than a second


@dataclass(frozen=True, slots=True)
class MarkStep:
    """One page of a listing between two continuation tokens."""

    after: str | None
    last: str | None
    done: bool
    found: Found

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Merge what was not seen before, since a listing that begins anew shows it again.

        The rows of a file come once, and without a plan nothing is looked for in the end.
        """
        if work.kind == "file" and not work.is_planned:
            scope = Scope(work.place, work.import_id, None)
            return await merge_found(session, work, self.found, scope)
        return await merge_marked(session, work, self.found)


async def walk_unordered(
    store: ObjectStore, work: RangeWork, time: TimeSlice
) -> AsyncIterator[MarkStep]:
    """Iterate over the pages of an unordered listing, as far as the time goes."""
    selector = selector_of(work)
    listing = store.list_unordered(work.prefix, token=work.cursor)
    token = work.cursor
    while True:
        try:
            async with time.answer():
                page = await anext(listing)
        except SliceOverError:
            return
        rows = list({row.key: row for row in page.rows}.values())  # a key may come twice
        found = await find_aside(rows, page.undecodable, selector)
        yield MarkStep(token, page.next_token, page.next_token is None, found)
        if page.next_token is None:
            return
        token = page.next_token


@dataclass(frozen=True, slots=True)
class SweepStep:
    """The assets in `(after, last]`, of which a plan notes those that were not seen as missing."""

    after: str | None
    last: str | None
    done: bool

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Note the unseen ones, and forget the seen ones."""
        interval = Interval(work.prefix, self.after, self.last)
        if not work.is_planned:
            await forget_seen(session, work.place, work.import_id, interval)
            return Counts()
        missing = await plan_unseen_missing(session, work.place, work.import_id, interval)
        return Counts(missing=missing)


async def walk_assets(database: Database, work: RangeWork) -> AsyncIterator[SweepStep]:
    """Iterate over the assets of the import's prefix in the order of their keys."""
    while True:
        interval = Interval(work.prefix, work.cursor, None)
        async with database.begin(work.place.org_id) as session:
            cut = await find_cut(session, work.place, interval, most=SWEEP_KEYS)
        yield SweepStep(work.cursor, cut, cut is None)
        if cut is None:
            return
        work = replace(work, cursor=cut)
