"""Outcomes: how imports end, and who is told."""

from datetime import datetime

from pydantic import JsonValue

from services.ingest.near_misses import explain_no_match
from shared.database.import_jobs import ImportJob
from shared.database.import_progress import complete_import, fail_import
from shared.database.outbox import EventType, add_event
from shared.database.session import Session
from shared.errors import AppError


async def complete(session: Session, job: ImportJob, now: datetime) -> None:
    """Complete a running import, with warnings of what its caller will wonder about."""
    warnings: list[dict[str, JsonValue]] = [*warnings_of(job)]
    await complete_import(session, job.import_id, now, warnings=warnings)
    await _tell(session, job, EventType.IMPORT_COMPLETED, {"warnings": [*warnings]})
    if job.differences and job.plan != "dry_run":
        await _tell(session, job, EventType.DATASET_CHANGED, {})


async def fail(session: Session, job: ImportJob, error: AppError, now: datetime) -> None:
    """End an active import with the reason; its counts and cursors stay."""
    if await fail_import(session, job.import_id, code=error.code, detail=error.detail, now=now):
        reason: dict[str, JsonValue] = {"failure": {"code": error.code, "detail": error.detail}}
        await _tell(session, job, EventType.IMPORT_FAILED, reason)


async def report_awaiting(session: Session, job: ImportJob) -> None:
    """Tell that an import waits for a decision."""
    await _tell(session, job, EventType.IMPORT_AWAITING_DECISION, {})


def warnings_of(job: ImportJob) -> list[dict[str, JsonValue]]:
    """Say why an import found nothing, if it did."""
    if job.listed > job.skipped + job.rejected:
        return []
    why = explain_no_match(
        job.selection, listed=job.listed, skipped=job.skipped_by_reason, rejected=job.rejected
    )
    return [{"code": why.code, "detail": why.detail}]


async def _tell(
    session: Session, job: ImportJob, event: EventType, more: dict[str, JsonValue]
) -> None:
    counts: dict[str, JsonValue] = {
        name: getattr(job, name)
        for name in ("listed", "added", "changed", "moved", "restored", "missing", "rejected")
    }
    await add_event(
        session,
        org_id=job.org_id,
        type=event,
        subject={
            "import_id": job.import_id,
            "dataset_id": job.dataset_id,
            "location_id": job.location_id,
        },
        payload={"counts": counts} | more,
    )
