"""Phases: what follows when the last range of an import's phase is done.

reading (a manifest, an inventory) → scanning → planning → applying. An import without a plan ends
after it has scanned; one that is only to be shown, or finds no difference, ends after planning,
which begins with a probe of the objects that came or changed.
"""

from uuid import UUID

from services.ingest.outcomes import await_decision, complete
from services.ingest.pieces import add_range
from services.ingest.submission import begin_import
from shared.clock import Clock
from shared.database.import_jobs import ImportJob, NewImport, get_import_job
from shared.database.import_progress import enter_phase
from shared.database.import_ranges import has_open_range
from shared.database.session import Session
from shared.database.source_files import list_boundaries

FILES_IN_A_RANGE = 100_000  # look-ups of a quarter of an hour, or a hundred pages
MOST_RANGES = 16


async def advance(session: Session, import_id: UUID, ended_kind: str, clock: Clock) -> None:
    """Begin what follows a range of this kind, unless others of its phase are open.

    It comes after `add_counts`, whose row lock lets the transaction of another last range commit
    first, so that one of the two sees that none is open.
    """
    if await has_open_range(session, import_id):
        return
    job = await get_import_job(session, import_id, refresh=True)
    match ended_kind:
        case "read" if job.selection == "source_files":
            await scan_source_files(session, job)
        case "read" | "file" if job.plan == "none":
            await _finish(session, job, clock)
        case "read" | "mark" | "file":
            await add_range(session, job, "sweep")
        case "list" | "sweep" if job.plan != "none":
            await enter_phase(session, import_id, "planning")
            came = job.added + job.changed + job.restored
            await add_range(session, job, "probe" if came else "plan")
        case "probe":
            await add_range(session, job, "plan")
        case "plan" if job.plan == "apply" and job.differences:
            await _decide(session, job)
        case _:
            await _finish(session, job, clock)


async def apply_plan(session: Session, job: ImportJob) -> None:
    """Begin to write what was planned."""
    await enter_phase(session, job.import_id, "applying")
    await add_range(session, job, "apply")


async def scan_source_files(session: Session, job: ImportJob) -> None:
    """Begin to look up an import's source files, in as many ranges as they are worth."""
    await enter_phase(session, job.import_id, "scanning")
    pieces = min(MOST_RANGES, 1 + job.source_files // FILES_IN_A_RANGE)
    boundaries: list[str] = []
    if pieces > 1:
        boundaries += await list_boundaries(session, job.import_id, pieces=pieces)
    for lower, upper in zip([None, *boundaries], [*boundaries, None], strict=True):
        await add_range(session, job, "list", lower=lower, upper=upper)


def must_be_asked(job: ImportJob) -> bool:
    """Say whether so many assets would go missing that somebody must agree.

    Always when all would: a wrong prefix or a revoked grant looks like that.
    """
    before = job.unchanged + job.changed + job.moved + job.missing
    if job.missing == 0:
        return False
    # Divided: 0.29 * 100 is less than 29, but 29 / 100 is the very number that 0.29 is.
    return job.missing == before or job.missing / before > job.max_missing_share


async def _finish(session: Session, job: ImportJob, clock: Clock) -> None:
    await complete(session, job, clock.now())
    if job.selection == "inventory" and job.plan != "dry_run":
        await _top_up(session, job)


async def _top_up(session: Session, job: ImportJob) -> None:
    """Let a listing follow an inventory, which tells what was in the bucket hours ago."""
    await begin_import(
        session,
        NewImport(
            org_id=job.org_id,
            dataset_id=job.dataset_id,
            location_id=job.location_id,
            selection="prefix",
            prefix=job.prefix,
            filters=job.filters,
            trigger="inventory",
            plan="apply",
            max_missing_share=job.max_missing_share,
            pin_versions=job.pin_versions,
        ),
    )


async def _decide(session: Session, job: ImportJob) -> None:
    if must_be_asked(job):
        await await_decision(session, job)
    else:
        await apply_plan(session, job)
