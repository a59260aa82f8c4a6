"""Server-sent events: one for each change, a sign of life between, and the end."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from services.ingest.events import stream_progress
from services.ingest.imports import Progress
from services.ingest.schemas.imports import ImportBody
from shared.database.import_jobs import ImportJob
from shared.errors import DatabaseUnavailableError
from tests.conftest import NOW

QUICKLY = timedelta(milliseconds=1)


def progress(state: str, listed: int = 0) -> Progress:
    """Return an import as it is a second later for each object listed."""
    seen_at = NOW + timedelta(seconds=listed)
    job = ImportJob(
        import_id=UUID(int=1),
        dataset_id=UUID(int=2),
        location_id=UUID(int=3),
        selection="prefix",
        prefix="photos/",
        mode="reference",
        trigger="request",
        plan="none",
        max_missing_share=0.2,
        pin_versions=False,
        state=state,
        phase="scanning" if state == "running" else None,
        source_files=0,
        created_at=NOW,
        started_at=NOW,
        finished_at=seen_at if state == "completed" else None,
        listed=listed,
        skipped=0,
        added=listed,
        changed=0,
        moved=0,
        restored=0,
        unchanged=0,
        missing=0,
        archived=0,
        probed=0,
        unreadable=0,
        applied=0,
        rejected_by_code={},
        skipped_by_reason={},
        warnings=[],
    )
    return Progress(job, seen_at)


async def follow(
    scenes: Iterable[Progress | DatabaseUnavailableError], *, heartbeat_seconds: float = 60
) -> list[str]:
    """Return the events of an import that goes through the scenes."""
    first, *rest = scenes
    assert isinstance(first, Progress)
    coming = iter(rest)

    async def look() -> Progress:
        scene = next(coming)
        if isinstance(scene, DatabaseUnavailableError):
            raise scene
        return scene

    stream = stream_progress(look, first, interval=QUICKLY, heartbeat_seconds=heartbeat_seconds)
    async with asyncio.timeout(5):
        return [event.decode() async for event in stream]


def event(name: str, shown: Progress, lines: str = "") -> str:
    return f"event: {name}\n{lines}data: {ImportBody.of(shown).model_dump_json()}\n\n"


async def test_each_change_is_told_once_and_the_end_last() -> None:
    scenes = [progress("queued"), progress("running", 1), progress("running", 1)]
    scenes += [progress("running", 5), progress("completed", 9)]
    assert await follow(scenes) == [
        "retry: 1000\n\n",
        event("progress", scenes[0]),
        event("progress", scenes[1]),
        event("progress", scenes[3]),
        event("finished", scenes[4], "id: finished\n"),
    ]


async def test_time_that_passes_is_no_change() -> None:
    still = progress("running", 1)
    later = Progress(still.job, still.seen_at + timedelta(seconds=30))
    end = progress("completed", 1)
    assert await follow([still, later, end]) == [
        "retry: 1000\n\n",
        event("progress", still),
        event("finished", end, "id: finished\n"),
    ]


async def test_a_silent_stream_shows_that_it_lives() -> None:
    scenes = [progress("running", 1)] * 2 + [progress("completed", 1)]
    assert await follow(scenes, heartbeat_seconds=0) == [
        "retry: 1000\n\n",
        event("progress", scenes[0]),
        ": still here\n\n",
        event("finished", scenes[2], "id: finished\n"),
    ]


async def test_a_database_that_is_away_does_not_end_the_stream() -> None:
    end = progress("completed", 2)
    away = DatabaseUnavailableError("away")
    assert await follow([progress("running", 1), away, end]) == [
        "retry: 1000\n\n",
        event("progress", progress("running", 1)),
        event("finished", end, "id: finished\n"),
    ]


async def test_rate_and_elapsed_are_of_the_running_time() -> None:
    queued = progress("queued")
    queued.job.started_at = None
    shown = [ImportBody.of(each) for each in (queued, progress("completed", 4))]
    assert [(each.elapsed, each.rate) for each in shown] == [(0.0, 0.0), (4.0, 1.0)]
