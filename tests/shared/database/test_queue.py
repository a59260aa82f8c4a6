"""The queue's rows: a range in the queue once, and lost jobs found and replaced."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from shared.database.queue import defer_walk, replace_lost_jobs, someone_waits
from shared.database.session import NO_ORG, Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def queue(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


async def run(queue: Database, statement: str, **values: object) -> list[dict[str, Any]]:
    async with queue.begin(NO_ORG) as session:
        await session.execute(text("SET LOCAL search_path = procrastinate"))
        found = await session.execute(text(statement), values)
        return [dict(row._mapping) for row in found]


async def defer(queue: Database, range_id: UUID, **more: Any) -> None:
    async with queue.begin(NO_ORG) as session:
        await defer_walk(session, org_id=NO_ORG, import_id=NO_ORG, range_id=range_id, **more)


async def start_job(queue: Database) -> tuple[int, int]:
    """Start the next job with a new worker; return the ids of both."""
    (worker,) = await run(queue, "SELECT * FROM procrastinate_register_worker_v1()")
    (job,) = await run(
        queue,
        "SELECT id FROM procrastinate_fetch_job_v2(ARRAY['imports'], :worker_id)",
        **worker,
    )
    return job["id"], worker["worker_id"]


async def jobs(queue: Database) -> list[tuple[int, str, str]]:
    found = await run(
        queue,
        "SELECT id, status::text, args->>'range_id' AS of FROM procrastinate_jobs ORDER BY id",
    )
    return [(row["id"], row["status"], row["of"]) for row in found]


async def silence(queue: Database, worker_id: int, seconds: float) -> None:
    await run(
        queue,
        "UPDATE procrastinate_workers SET last_heartbeat = now() - CAST(:ago AS interval)"
        " WHERE id = :worker_id RETURNING id",
        ago=timedelta(seconds=seconds),
        worker_id=worker_id,
    )


async def replace(queue: Database, *, silent_for: timedelta = MINUTE) -> int:
    async with queue.begin(NO_ORG) as session:
        return await replace_lost_jobs(session, silent_for=silent_for, running_for=10 * MINUTE)


async def test_a_range_waits_in_the_queue_once(queue: Database) -> None:
    one, other = uuid4(), uuid4()
    for range_id in (one, other, one):
        await defer(queue, range_id)
    assert [(status, of) for _, status, of in await jobs(queue)] == [
        ("todo", str(one)),
        ("todo", str(other)),
    ]


async def test_a_range_whose_job_runs_can_wait_for_its_next_one(queue: Database) -> None:
    range_id = uuid4()
    await defer(queue, range_id)
    await start_job(queue)
    await defer(queue, range_id, tries=3, doubts=2, delay=MINUTE)
    assert [status for _, status, _ in await jobs(queue)] == ["doing", "todo"]
    found = await run(
        queue, "SELECT args, scheduled_at > now() AS later FROM procrastinate_jobs ORDER BY id"
    )
    args = found[1]["args"]
    assert (args["tries"], args["doubts"], found[1]["later"]) == (3, 2, True)


async def test_urgent_jobs_are_taken_before_those_that_came_earlier(queue: Database) -> None:
    goes_on, begins = uuid4(), uuid4()
    await defer(queue, goes_on)
    await defer(queue, begins, is_urgent=True)
    taken = [(await start_job(queue))[0] for _ in range(2)]
    ranges = {job_id: of for job_id, _, of in await jobs(queue)}
    assert [ranges[job_id] for job_id in taken] == [str(begins), str(goes_on)]


async def test_somebody_waits_while_an_urgent_job_is_due_and_not_begun(queue: Database) -> None:
    seen = [await waits(queue)]
    for more in ({}, {"is_urgent": True, "delay": MINUTE}, {"is_urgent": True}):
        await defer(queue, uuid4(), **more)
        seen.append(await waits(queue))
    await start_job(queue)
    seen.append(await waits(queue))
    assert seen == [False, False, False, True, False]


async def waits(queue: Database) -> bool:
    async with queue.begin(NO_ORG) as session:
        return await someone_waits(session)


async def test_a_job_and_its_import_are_stored_together_or_not_at_all(queue: Database) -> None:
    async with queue.begin(NO_ORG) as session:
        await defer_walk(session, org_id=NO_ORG, import_id=NO_ORG, range_id=uuid4())
        await session.rollback()
    assert await jobs(queue) == []


async def test_the_search_path_of_a_transaction_survives(queue: Database) -> None:
    async with queue.begin(NO_ORG) as session:
        before = await session.scalar(text("SHOW search_path"))
        await defer_walk(session, org_id=NO_ORG, import_id=NO_ORG, range_id=uuid4())
        assert await session.scalar(text("SHOW search_path")) == before


async def test_the_job_of_a_silent_worker_is_replaced_by_a_new_one(queue: Database) -> None:
    range_id = uuid4()
    await defer(queue, range_id, tries=2)
    job_id, worker_id = await start_job(queue)
    assert await replace(queue) == 0
    await silence(queue, worker_id, 61)
    assert await replace(queue) == 1
    ((new_id, status, of),) = await jobs(queue)
    assert (new_id != job_id, status, of) == (True, "todo", str(range_id))
    assert await replace(queue) == 0


async def test_the_job_of_a_worker_that_signed_off_is_replaced(queue: Database) -> None:
    await defer(queue, uuid4())
    _, worker_id = await start_job(queue)
    await run(queue, "SELECT procrastinate_unregister_worker_v1(:worker_id)", worker_id=worker_id)
    assert await replace(queue) == 1


async def test_a_lost_job_whose_range_waits_already_is_only_removed(queue: Database) -> None:
    range_id = uuid4()
    await defer(queue, range_id)
    _, worker_id = await start_job(queue)
    await defer(queue, range_id)
    await silence(queue, worker_id, 61)
    await replace(queue)
    assert [(status, of) for _, status, of in await jobs(queue)] == [("todo", str(range_id))]


async def test_a_job_that_runs_too_long_on_a_living_worker_is_replaced(queue: Database) -> None:
    await defer(queue, uuid4())
    job_id, _ = await start_job(queue)
    await run(
        queue,
        "UPDATE procrastinate_events SET at = at - CAST(:ago AS interval) WHERE job_id = :job_id"
        " RETURNING id",
        ago=11 * MINUTE,
        job_id=job_id,
    )
    assert await replace(queue) == 1
    assert [status for _, status, _ in await jobs(queue)] == ["todo"]


async def test_two_workers_that_look_at_once_replace_a_job_once(queue: Database) -> None:
    await defer(queue, uuid4())
    _, worker_id = await start_job(queue)
    await silence(queue, worker_id, 61)
    async with queue.begin(NO_ORG) as first, queue.begin(NO_ORG) as second:
        counts = [
            await replace_lost_jobs(each, silent_for=MINUTE, running_for=MINUTE)
            for each in (first, second)
        ]
    assert counts == [1, 0]
    assert [status for _, status, _ in await jobs(queue)] == ["todo"]


async def test_a_range_that_two_transactions_defer_waits_once(queue: Database) -> None:
    range_id = uuid4()
    async with queue.begin(NO_ORG) as session:
        await defer_walk(session, org_id=NO_ORG, import_id=NO_ORG, range_id=range_id)
        other = asyncio.create_task(defer(queue, range_id))
        while not await run(queue, "SELECT pid FROM pg_locks WHERE NOT granted"):
            pass
    await other
    assert len(await jobs(queue)) == 1
