"""Jobs of webhooks in the queue: one waits, one runs, and none begins before its deliveries."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.database.queue import DELIVERIES, QUEUE, defer_deliveries, defer_walk, replace_lost_jobs
from shared.database.session import NO_ORG, Database

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def run(queue: Database, statement: str, **values: object) -> list[dict[str, Any]]:
    async with queue.begin(NO_ORG) as session:
        await session.execute(text("SET LOCAL search_path = procrastinate"))
        found = await session.execute(text(statement), values)
        return [dict(row._mapping) for row in found]


async def defer(queue: Database, webhook_id: UUID, **more: Any) -> None:
    async with queue.begin(NO_ORG) as session:
        await defer_deliveries(session, org_id=NO_ORG, webhook_id=webhook_id, **more)


async def fetch(queue: Database) -> UUID | None:
    """Start the next job with a new worker; return its webhook."""
    [worker] = await run(queue, "SELECT * FROM procrastinate_register_worker_v1()")
    [job] = await run(
        queue,
        "SELECT args->>'webhook_id' AS webhook_id"
        " FROM procrastinate_fetch_job_v2(ARRAY['webhooks'], :worker_id)",
        **worker,
    )
    return None if job["webhook_id"] is None else UUID(job["webhook_id"])


async def waiting(queue: Database) -> list[tuple[UUID, bool, int]]:
    """Return what waits: for which webhook, whether it is due within a minute, its priority."""
    found = await run(
        queue,
        "SELECT args->>'webhook_id' AS of, priority,"
        " coalesce(scheduled_at < now() + interval '1 minute', true) AS soon"
        " FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id",
    )
    return [(UUID(row["of"]), row["soon"], row["priority"]) for row in found]


async def test_a_webhook_waits_in_the_queue_once(own_database: Database) -> None:
    one, other = uuid4(), uuid4()
    for webhook_id in (one, other, one):
        await defer(own_database, webhook_id)
    assert await waiting(own_database) == [(one, True, 0), (other, True, 0)]


async def test_a_job_that_waits_is_brought_forward_and_never_put_back(
    own_database: Database,
) -> None:
    webhook_id = uuid4()
    await defer(own_database, webhook_id, delay=HOUR)
    assert await waiting(own_database) == [(webhook_id, False, 0)]
    await defer(own_database, webhook_id)
    assert await waiting(own_database) == [(webhook_id, True, 0)]
    await defer(own_database, webhook_id, delay=HOUR)
    assert await waiting(own_database) == [(webhook_id, True, 0)]


async def test_one_webhooks_jobs_run_one_after_the_other(own_database: Database) -> None:
    one, other = uuid4(), uuid4()
    await defer(own_database, one)
    assert await fetch(own_database) == one
    await defer(own_database, one)
    await defer(own_database, other)
    assert await fetch(own_database) == other
    assert await fetch(own_database) is None
    await run(own_database, "DELETE FROM procrastinate_jobs WHERE status = 'doing' RETURNING id")
    assert await fetch(own_database) == one


async def test_a_slow_webhook_lets_all_others_go_first_whatever_it_is_told(
    own_database: Database,
) -> None:
    slow, quick = uuid4(), uuid4()
    await defer(own_database, slow, comes_last=True)
    await defer(own_database, slow)
    await defer(own_database, quick)
    assert await waiting(own_database) == [(slow, True, -1), (quick, True, 0)]
    assert [await fetch(own_database) for _ in range(2)] == [quick, slow]


async def test_a_job_does_not_begin_before_what_it_was_brought_forward_for_is_there(
    own_database: Database,
) -> None:
    """Else it might look for deliveries, find none, and end: the new one would have no job."""
    webhook_id = uuid4()
    await defer(own_database, webhook_id)
    async with own_database.begin(NO_ORG) as session:
        await defer_deliveries(session, org_id=NO_ORG, webhook_id=webhook_id)
        assert await fetch(own_database) is None
    assert await fetch(own_database) == webhook_id


async def test_a_webhook_that_two_transactions_defer_waits_once(own_database: Database) -> None:
    webhook_id = uuid4()
    async with own_database.begin(NO_ORG) as session:
        await defer_deliveries(session, org_id=NO_ORG, webhook_id=webhook_id, delay=HOUR)
        other = asyncio.create_task(defer(own_database, webhook_id))
        while not await run(own_database, "SELECT pid FROM pg_locks WHERE NOT granted"):
            pass
    await other
    assert await waiting(own_database) == [(webhook_id, True, 0)]


async def test_lost_jobs_are_replaced_in_their_own_queue(own_database: Database) -> None:
    webhook_id = uuid4()
    await defer(own_database, webhook_id)
    await fetch(own_database)
    async with own_database.begin(NO_ORG) as session:
        await defer_walk(session, org_id=NO_ORG, import_id=NO_ORG, range_id=uuid4())
    await run(own_database, "DELETE FROM procrastinate_workers RETURNING id")
    async with own_database.begin(NO_ORG) as session:
        replaced = [
            await replace_lost_jobs(session, silent_for=HOUR, running_for=HOUR, queue=name)
            for name in (QUEUE, DELIVERIES)
        ]
    assert replaced == [0, 1]
    assert await fetch(own_database) == webhook_id
