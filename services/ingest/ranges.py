"""Range jobs: found in the queue, and turned into what a worker must know to walk on."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from services.ingest.merge import Plan, RangeKind, RangeWork
from services.ingest.selectors import Kind
from shared.clock import Clock
from shared.database.asset_merge import Place
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import start_import
from shared.database.import_ranges import ImportRange, find_import_range, has_older_range
from shared.database.listing_paces import count_ranges_before, get_width
from shared.database.session import Database, Session


class TooManyRangesError(Exception):
    """As many ranges of the location are listed as its store bears now."""


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


async def find_work(
    database: Database, job: RangeJob, clock: Clock, *, most_ranges: int
) -> RangeWork | None:
    """Return what is left to do of a range, and let its import run; None when nothing is.

    Raise TooManyRangesError when others must be listed before it.
    """
    async with database.begin(job.org_id) as session:
        found = await find_import_range(session, job.range_id)
        if found is None or found.state != "open":
            return None
        await start_import(session, job.import_id, clock.now())
        imported = await get_import_job(session, job.import_id)
        if imported.state != "running":
            return None
        if found.kind == "list":
            await _keep_pace(session, imported.location_id, found, clock, most_ranges=most_ranges)
        return RangeWork(
            place=Place(job.org_id, imported.dataset_id, imported.location_id),
            import_id=job.import_id,
            range_id=job.range_id,
            kind=cast("RangeKind", found.kind),  # the table checks these
            selection=cast("Kind", imported.selection),
            plan=cast("Plan", imported.plan),
            prefix=imported.prefix,
            filters=imported.filters,
            pin_versions=imported.pin_versions,
            is_ordered=imported.listing == "ordered",
            source=imported.source,
            piece=found.work,
            cursor=found.cursor,
            upper=found.upper,
        )


async def _keep_pace(
    session: Session, location_id: UUID, found: ImportRange, clock: Clock, *, most_ranges: int
) -> None:
    """Let the oldest ranges of a location be listed first, and the oldest of each import at all.

    It needs no locks and no counting down, so that a killed worker leaves nothing to mend.
    """
    width = await get_width(session, location_id, most=most_ranges, now=clock.now())
    before = await count_ranges_before(session, location_id, found.range_id)
    if before >= width and await has_older_range(session, found):
        raise TooManyRangesError
