"""Pieces: ranges, each stored with the job that has a worker walk it."""

from uuid import UUID

from pydantic import JsonValue

from shared.database.import_jobs import ImportJob
from shared.database.import_ranges import add_import_range
from shared.database.queue import defer_walk
from shared.database.session import Session


async def add_range(
    session: Session,
    job: ImportJob,
    kind: str,
    *,
    lower: str | None = None,
    upper: str | None = None,
    work: dict[str, JsonValue] | None = None,
    is_first: bool = False,
) -> UUID:
    """Store a range with its job."""
    range_id = await add_import_range(
        session, job.org_id, job.import_id, kind=kind, lower=lower, upper=upper, work=work
    )
    await defer_walk(
        session,
        org_id=job.org_id,
        import_id=job.import_id,
        range_id=range_id,
        is_urgent=is_first,
    )
    return range_id
