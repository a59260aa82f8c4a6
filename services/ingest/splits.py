"""Splits: a range that proves long is cut in pieces while it is walked, for others to walk."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.ingest.merge import RangeLostError, RangeWork
from services.ingest.splitting import find_boundaries
from shared.clock import Clock
from shared.database.external_locations import may_cut_ranges
from shared.database.import_ranges import count_open_ranges, lock_ranges, split_range
from shared.database.listing_paces import get_width
from shared.database.queue import defer_walk
from shared.database.session import Database
from shared.storage.base import ObjectRow, ObjectStore

MOST_PIECES = 8  # at a time: thirty-two requests after ten pages, so that short imports pay little
SEEN = 1_000  # keys of the last step that show what the key space looks like

log = structlog.get_logger()


class Splitter:
    """Keep as many ranges of an import open as its location bears."""

    def __init__(self, database: Database, clock: Clock, *, most_ranges: int) -> None:
        self._database = database
        self._clock = clock
        self._most_ranges = most_ranges

    async def split(
        self, store: ObjectStore, work: RangeWork, *, seen: Sequence[ObjectRow]
    ) -> RangeWork:
        """Cut what is left of a range when others could be walked beside it; return what it keeps.

        The first cut is made when the first step did not reach the end, and then by each range that
        proves long, until there are as many as there may be; and another one whenever one of them
        has been done. None is made where a listing cannot begin behind a key, since each piece
        would list everything again. Raise RangeLostError.
        """
        async with self._database.begin(work.place.org_id) as session:
            if not await may_cut_ranges(session, work.place.location_id):
                return work
            width = await get_width(
                session, work.place.location_id, most=self._most_ranges, now=self._clock.now()
            )
            free = width - await count_open_ranges(session, work.import_id)
            pieces = min(free + 1, MOST_PIECES)
        if pieces < 2:  # noqa: PLR2004 (one is no cut)
            return work
        boundaries = await find_boundaries(
            store,
            work.prefix,
            after=work.cursor,
            upper=work.upper,
            pieces=pieces,
            seen=[row.key for row in seen[-SEEN:]],
        )
        if not boundaries:
            return work
        async with self._database.begin(work.place.org_id) as session:
            await lock_ranges(session, work.import_id)  # others saw the same free places
            free = width - await count_open_ranges(session, work.import_id)
            boundaries = [*_thin(boundaries, free)]
            if not boundaries:
                return work
            added = await split_range(
                session,
                work.range_id,
                cursor=work.cursor,
                upper=work.upper,
                boundaries=boundaries,
            )
            if not added:
                raise RangeLostError
            for range_id in added:
                await defer_walk(
                    session,
                    org_id=work.place.org_id,
                    import_id=work.import_id,
                    range_id=range_id,
                )
        log.info("range split", import_id=str(work.import_id), pieces=len(boundaries) + 1)
        return replace(work, upper=boundaries[0])


def _thin(boundaries: Sequence[str], most: int) -> Sequence[str]:
    """Return at most so many of the boundaries, spread evenly."""
    if len(boundaries) <= most:
        return boundaries
    return [boundaries[(n + 1) * len(boundaries) // (most + 1)] for n in range(most)]
