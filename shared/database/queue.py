"""The queue's rows: what hands ranges and deliveries to workers, in procrastinate's own schema.

A range is never without a job. A job is finished only after a transaction in which its successor
was deferred, or in which its range was seen to need none; a job whose worker is lost is replaced
by `replace_lost_jobs`. More jobs than one for a range do no harm: its cursor lets one of them win.
"""

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

QUEUE = "imports"
WALK_RANGE = "walk_range"
DELIVERIES = "webhooks"
DELIVER_EVENTS = "deliver_events"
SCHEMA = "procrastinate"
SYNC_DATASET = "sync_dataset"
URGENT = 1  # the priority of an import's first job; a higher one comes first


async def defer_walk(
    session: AsyncSession,
    *,
    org_id: UUID,
    import_id: UUID,
    range_id: UUID,
    tries: int = 0,
    doubts: int = 0,
    delay: timedelta = timedelta(),
    is_urgent: bool = False,
) -> None:
    """Put a range in the queue, in this very transaction, unless it waits there already.

    `tries` counts the jobs in a row that got nowhere, `doubts` those whose error may stay. An
    urgent one is the first of its import: it comes before those that go on with others.
    """
    args = {
        "org_id": str(org_id),
        "import_id": str(import_id),
        "range_id": str(range_id),
        "tries": tries,
        "doubts": doubts,
    }
    job: dict[str, object] = {
        "queue": QUEUE,
        "task": WALK_RANGE,
        "alone": None,
        "lock": f"range {range_id}",
        "args": json.dumps(args),
        "delay": delay,
        "priority": URGENT if is_urgent else 0,
    }
    await _execute(session, _DEFER, job)


async def defer_sync(
    session: AsyncSession, *, org_id: UUID, dataset_id: UUID, delay: timedelta
) -> None:
    """Have a dataset synced after `delay`, in this very transaction, and not when it was to be."""
    lock = f"sync {dataset_id}"
    await _execute(session, _FORGET, {"lock": lock})
    job: dict[str, object] = {
        "queue": QUEUE,
        "task": SYNC_DATASET,
        "alone": None,
        "lock": lock,
        "args": json.dumps({"org_id": str(org_id), "dataset_id": str(dataset_id)}),
        "delay": delay,
        "priority": URGENT,
    }
    await _execute(session, _DEFER, job)


async def someone_waits(session: AsyncSession) -> bool:
    """Say whether an urgent job waits for a worker to have a place."""
    found = await session.scalar(text(_URGENT_WAITS), {"queue": QUEUE, "priority": URGENT})
    return bool(found)


async def defer_deliveries(
    session: AsyncSession,
    *,
    org_id: UUID,
    webhook_id: UUID,
    delay: timedelta = timedelta(),
    comes_last: bool = False,
) -> None:
    """Have a webhook's due deliveries sent after `delay`, in this very transaction.

    A job that waits for that already is brought forward. Its row is locked then, so that it cannot
    begin before this transaction's deliveries are there for it. One webhook's jobs never run at
    the same time, and one that `comes_last` lets all others go first.
    """
    lock = f"webhook {webhook_id}"
    job: dict[str, object] = {
        "queue": DELIVERIES,
        "task": DELIVER_EVENTS,
        "alone": lock,
        "lock": lock,
        "args": json.dumps({"org_id": str(org_id), "webhook_id": str(webhook_id)}),
        "delay": delay,
        "priority": -1 if comes_last else 0,
    }
    # Neither is done when another transaction puts a job in the queue in between, and one more
    # time when that one has begun by then.
    while not (await _execute(session, _HURRY, job) or await _execute(session, _DEFER, job)):
        pass


async def replace_lost_jobs(
    session: AsyncSession, *, silent_for: timedelta, running_for: timedelta, queue: str = QUEUE
) -> int:
    """Put the jobs of a queue's lost workers back in it and return how many there were.

    A worker is lost when its heartbeat is older than `silent_for`. A job is also lost, though its
    worker lives, when it has run for longer than `running_for`, which no job does: Postgres went
    away between the job's commit and the worker's hearing of it.

    The lost job is deleted and a new one made, so that a worker that was only asleep cannot finish
    the job of the one that took its place.
    """
    lost = {"queue": queue, "silent_for": silent_for, "running_for": running_for}
    return await _execute(session, _REPLACE, lost) or 0


async def _execute(session: AsyncSession, statement: str, values: dict[str, object]) -> int | None:
    """Run a statement of the queue, whose functions find their tables by the search path."""
    before = await session.scalar(text("SELECT current_setting('search_path')"))
    await session.execute(_SET_PATH, {"path": f"{SCHEMA}, pg_temp"})
    found: int | None = None
    try:
        async with session.begin_nested():
            found = await session.scalar(text(statement), values)
    except IntegrityError:
        # Another transaction put the range in the queue after this statement had looked. That is
        # what was wanted, or the lost job stays as it is until it is looked for again.
        pass
    await session.execute(_SET_PATH, {"path": before})
    return found


_SET_PATH = text("SELECT set_config('search_path', :path, true)")

_DEFER = """
SELECT cardinality(procrastinate_defer_jobs_v1(
  ARRAY[ROW(
    :queue, :task, :priority, :alone, :lock, CAST(:args AS jsonb), now() + CAST(:delay AS interval)
  )]
  ::procrastinate_job_to_defer_v1[]
))
WHERE NOT EXISTS (
  SELECT FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo'
)
"""

_HURRY = """
WITH waiting AS (
  UPDATE procrastinate_jobs
  SET priority = least(priority, :priority), scheduled_at = CASE  -- without one it is due
    WHEN scheduled_at > now() + CAST(:delay AS interval) THEN now() + CAST(:delay AS interval)
    ELSE scheduled_at
  END
  WHERE queueing_lock = :lock AND status = 'todo'
  RETURNING id
)
SELECT count(*) FROM waiting
"""

_FORGET = """
WITH forgotten AS (
  DELETE FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo' RETURNING 1
)
SELECT count(*) FROM forgotten
"""

_URGENT_WAITS = f"""
SELECT EXISTS (
  SELECT FROM {SCHEMA}.procrastinate_jobs
  WHERE status = 'todo' AND queue_name = :queue AND priority >= :priority
    AND (scheduled_at IS NULL OR scheduled_at <= now())
)
"""  # noqa: S608 (a constant)

_REPLACE = """
WITH lost AS (
  DELETE FROM procrastinate_jobs WHERE id IN (
    SELECT job.id
    FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND job.queue_name = :queue AND (
      worker.id IS NULL
      OR worker.last_heartbeat < now() - CAST(:silent_for AS interval)
      OR (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'started')
         < now() - CAST(:running_for AS interval)
    )
    FOR UPDATE OF job SKIP LOCKED
  )
  RETURNING queue_name, task_name, priority, lock, queueing_lock, args
)
SELECT cardinality(procrastinate_defer_jobs_v1(array_agg(
  ROW(queue_name, task_name, priority, lock, queueing_lock, args, NULL)
  ::procrastinate_job_to_defer_v1
)))
FROM (
  SELECT DISTINCT ON (queueing_lock) * FROM lost
  WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs waiting
    WHERE waiting.queueing_lock = lost.queueing_lock AND waiting.status = 'todo'
  )
) AS replaced
"""
