"""Import progress: what the workers write of an import while it runs, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Text, case, func, literal, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.database.import_jobs import IS_ACTIVE, ImportJob

_SUMS = (
    "listed",
    "skipped",
    "added",
    "changed",
    "moved",
    "restored",
    "unchanged",
    "missing",
    "archived",
    "probed",
    "unreadable",
    "applied",
    "source_files",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What one transaction of an import did or found, to be added to what the others did.

    Each listed key is added, changed, moved, restored, unchanged, skipped or rejected. `archived`
    are those of them that must be restored before they can be read, `missing` the assets whose
    object is gone, `applied` the planned changes that were made. `probed` objects were tried, and
    `unreadable` are those of them that could not be read.
    """

    listed: int = 0
    skipped: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    restored: int = 0
    unchanged: int = 0
    missing: int = 0
    archived: int = 0
    probed: int = 0
    unreadable: int = 0
    applied: int = 0
    source_files: int = 0
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)
    skipped_by_reason: Mapping[str, int] = field(default_factory=dict)


async def start_import(session: AsyncSession, import_id: UUID, now: datetime) -> None:
    """Let a queued import run; one that runs already is left alone."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "queued")
        .values(
            state="running",
            started_at=now,
            phase=func.coalesce(ImportJob.phase, "scanning"),
        )
    )


async def add_counts(session: AsyncSession, import_id: UUID, counts: Counts) -> bool:
    """Add to the counts of a running import; False, and nothing added, when it does not run.

    A worker that gets False must write nothing: the import was cancelled or paused, or has failed.
    The row lock makes a cancellation wait for this transaction, or this transaction see it.
    """
    values: dict[str, object] = {
        name: getattr(ImportJob, name) + amount
        for name in _SUMS
        if (amount := getattr(counts, name))
    }
    if counts.rejected_by_code:
        values["rejected_by_code"] = _raised(ImportJob.rejected_by_code, counts.rejected_by_code)
    if counts.skipped_by_reason:
        values["skipped_by_reason"] = _raised(ImportJob.skipped_by_reason, counts.skipped_by_reason)
    added = await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(values | {"waiting_for": None})
        .returning(ImportJob.import_id)
    )
    return added.one_or_none() is not None


async def forget_counts(session: AsyncSession, import_id: UUID) -> None:
    """Count a running import from the beginning, since it is scanned anew without an order."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(
            dict.fromkeys((name for name in _SUMS if name != "source_files"), 0)
            | {
                "rejected_by_code": {},
                "skipped_by_reason": {},
                "listing": "unordered",
                "waiting_for": None,
            }
        )
    )


async def enter_phase(session: AsyncSession, import_id: UUID, phase: str) -> None:
    """Say what a running import is at now."""
    await session.execute(
        update(ImportJob).where(ImportJob.import_id == import_id).values(phase=phase)
    )


async def ask_for_decision(
    session: AsyncSession, import_id: UUID, *, warnings: list[dict[str, JsonValue]]
) -> None:
    """Let a planned import wait for somebody to say whether it is applied."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(state="awaiting_decision", waiting_for=None, warnings=warnings)
    )


async def complete_import(
    session: AsyncSession,
    import_id: UUID,
    now: datetime,
    *,
    warnings: list[dict[str, JsonValue]],
) -> None:
    """Complete a running import."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(state="completed", phase=None, finished_at=now, warnings=warnings)
    )


async def wait_for(session: AsyncSession, import_id: UUID, code: str) -> None:
    """Say what a running import waits for, until its next page is applied."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(waiting_for=code)
    )


async def fail_import(
    session: AsyncSession, import_id: UUID, *, code: str, detail: str, now: datetime
) -> bool:
    """End an active import with the reason; its counts and cursors stay. False if it had ended."""
    failed = await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, IS_ACTIVE)
        .values(
            state="failed",
            failure_code=code,
            failure_detail=detail,
            finished_at=now,
            waiting_for=None,
            started_at=case((ImportJob.started_at.is_(None), now), else_=ImportJob.started_at),
        )
        .returning(ImportJob.import_id)
    )
    return failed.one_or_none() is not None


def _raised(
    column: InstrumentedAttribute[dict[str, int]], more: Mapping[str, int]
) -> ColumnElement[dict[str, int]]:
    """Return the counts by code with these added, to be computed under the row's lock."""
    entries: list[ColumnElement[str] | ColumnElement[int]] = []
    for code, count in more.items():
        # Of a code that is an enum's member, too, Postgres must be told that it is text.
        entries += [literal(code, Text), func.coalesce(column[code].as_integer(), 0) + count]
    return column.concat(func.jsonb_build_object(*entries))
