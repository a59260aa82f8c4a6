"""Unordered listings: an import that cannot go by the order of keys begins again without it."""

from services.ingest.pieces import add_range
from services.ingest.ranges import RangeJob
from shared.database.import_changes import delete_changes
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import forget_counts
from shared.database.import_ranges import delete_import_ranges, rewind_range
from shared.database.queue import defer_walk
from shared.database.rejected_keys import delete_rejected_keys
from shared.database.session import Database


async def begin_unordered(database: Database, job: RangeJob) -> None:
    """Let an import begin again, marking what it sees.

    What it had planned is forgotten, since pages out of order say nothing about what lies between
    their keys. What it had written is right: without a plan it only ever adds and changes.
    """
    async with database.begin(job.org_id) as session:
        imported = await get_import_job(session, job.import_id, lock=True)
        if imported.state != "running":
            return
        if imported.selection == "source_files":  # looked up one by one from now on
            imported.listing, imported.waiting_for = "unordered", None
            await defer_walk(
                session, org_id=job.org_id, import_id=job.import_id, range_id=job.range_id
            )
            return
        if imported.listing != "ordered":  # by another of its ranges, which are all gone now
            return
        await forget_counts(session, job.import_id)
        await delete_changes(session, job.import_id)
        await delete_rejected_keys(session, imported)
        await delete_import_ranges(session, job.import_id)
        await add_range(session, imported, "mark")


async def begin_again(database: Database, job: RangeJob) -> bool:
    """Let a range begin again whose continuation token the store no longer takes.

    Only one that marks: what it has seen is known, so that nothing is counted twice. One in order
    goes on behind its last key, without a token; say False for that one.
    """
    async with database.begin(job.org_id) as session:
        if not await rewind_range(session, job.range_id):
            return False
        await defer_walk(session, org_id=job.org_id, import_id=job.import_id, range_id=job.range_id)
        return True
