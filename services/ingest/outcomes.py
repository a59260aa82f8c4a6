"""Outcomes: how imports end, and who is told."""

from datetime import datetime

from pydantic import JsonValue

from services.ingest.near_misses import explain_no_match
from shared.database.import_changes import count_unreadable
from shared.database.import_jobs import ImportJob
from shared.database.import_progress import ask_for_decision, complete_import, fail_import
from shared.database.outbox import EventType, add_event
from shared.database.session import Session
from shared.errors import AppError


async def complete(session: Session, job: ImportJob, now: datetime) -> None:
    """Complete a running import, with warnings of what its caller will wonder about."""
    warnings = await warnings_of(session, job)
    await complete_import(session, job.import_id, now, warnings=warnings)
    await _tell(session, job, EventType.IMPORT_COMPLETED, {"warnings": [*warnings]})
    if job.differences and job.plan != "dry_run":
        await _tell(session, job, EventType.DATASET_CHANGED, {})


async def fail(session: Session, job: ImportJob, error: AppError, now: datetime) -> None:
    """End an active import with the reason; its counts and cursors stay."""
    if await fail_import(session, job.import_id, code=error.code, detail=error.detail, now=now):
        reason: dict[str, JsonValue] = {"failure": {"code": error.code, "detail": error.detail}}
        await _tell(session, job, EventType.IMPORT_FAILED, reason)


async def await_decision(session: Session, job: ImportJob) -> None:
    """Let a planned import wait for a decision, with warnings that are worth knowing for it."""
    warnings = await warnings_of(session, job)
    await ask_for_decision(session, job.import_id, warnings=warnings)
    await _tell(session, job, EventType.IMPORT_AWAITING_DECISION, {"warnings": [*warnings]})


async def warnings_of(session: Session, job: ImportJob) -> list[dict[str, JsonValue]]:
    """Say why an import found nothing, if it did, and how much of it cannot be read."""
    warnings: list[dict[str, JsonValue]] = []
    if job.listed <= job.skipped + job.rejected:
        why = explain_no_match(
            job.selection, listed=job.listed, skipped=job.skipped_by_reason, rejected=job.rejected
        )
        warnings.append({"code": why.code, "detail": why.detail})
    if job.may_have_moves and not job.can_be_paired:
        detail = "So many objects vanished and came that moved ones were not looked for."
        warnings.append({"code": "moves-not-looked-for", "detail": detail})
    if job.unreadable:
        by_code = await count_unreadable(session, job.import_id)
        reasons = ", ".join(f"{code} ({count})" for code, count in by_code.items())
        warnings.append(
            {
                "code": "objects-unreadable",
                "detail": f"{job.unreadable} of {job.probed} objects that were tried cannot be"
                f" read: {reasons}. The changes say which.",
            }
        )
    return warnings


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
