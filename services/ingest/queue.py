"""The queue: procrastinate on the same Postgres, in a schema of its own."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from pydantic import SecretStr

from services.ingest.ranges import RangeJob
from services.ingest.webhook_jobs import WebhookJob
from shared.database.queue import (
    DELIVER_EVENTS,
    DELIVERIES,
    QUEUE,
    SCHEMA,
    SYNC_DATASET,
    WALK_RANGE,
)

CONNECT_SECONDS = 5.0  # then the worker begins anew, and can be stopped meanwhile
STATEMENT_SECONDS = 30
SILENT_WORKER_SECONDS = 3600  # after which nobody misses its row

# A Postgres that falls silent closes no connection: without these a worker would wait for hours.
_NOTICE_SILENCE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}


class Again(BaseRetryStrategy):
    """Try a job again that raised: Postgres went away, or the process is being stopped."""

    def get_retry_decision(
        self,
        *,
        exception: BaseException,  # noqa: ARG002 (whatever it is)
        job: Job,  # noqa: ARG002
    ) -> RetryDecision:
        """Put it back where it is, so that its range is not without a job for a moment."""
        return RetryDecision(retry_in={"seconds": 1})


def make_queue(
    database_url: SecretStr,
    run: Callable[[RangeJob], Awaitable[None]],
    sync: Callable[[UUID, UUID], Awaitable[None]],
    deliver: Callable[[WebhookJob], Awaitable[None]] | None = None,
    *,
    concurrency: int,
) -> App:
    """Return the queue with its tasks; the caller opens it.

    `concurrency` is of all jobs. `sync` takes the ids of an organization and its dataset. Without
    `deliver` there is no task for the jobs of webhooks.
    """
    connector = PsycopgConnector(
        conninfo=database_url.get_secret_value(),
        kwargs={
            "options": f"-c search_path={SCHEMA} -c statement_timeout={STATEMENT_SECONDS}s",
            "connect_timeout": int(CONNECT_SECONDS),
            **_NOTICE_SILENCE,
        },
        min_size=1,
        # Each job's end, and for each of two workers the next job's fetching and the heartbeat.
        max_size=concurrency + 4,
        timeout=CONNECT_SECONDS,
    )
    queue = App(connector=connector)

    @queue.task(name=WALK_RANGE, queue=QUEUE, retry=Again())
    async def walk_range(
        org_id: str, import_id: str, range_id: str, tries: int, doubts: int
    ) -> None:
        await run(RangeJob(UUID(org_id), UUID(import_id), UUID(range_id), tries, doubts))

    @queue.task(name=SYNC_DATASET, queue=QUEUE, retry=Again())
    async def sync_dataset(org_id: str, dataset_id: str) -> None:
        await sync(UUID(org_id), UUID(dataset_id))

    if deliver is not None:
        _add_delivery_task(queue, deliver)

    # procrastinate stops a worker whose heartbeat fails only while a periodic task is registered:
    # without one, its watch over the side tasks ends as soon as the deferrer has nothing to do.
    @queue.periodic(cron="0 * * * *")
    @queue.task(name="forget_workers", queue=QUEUE, queueing_lock="forget_workers")
    async def forget_workers(timestamp: int) -> None:  # noqa: ARG001 (every periodic task has it)
        await queue.job_manager.prune_stalled_workers(SILENT_WORKER_SECONDS)

    return queue


def _add_delivery_task(queue: App, deliver: Callable[[WebhookJob], Awaitable[None]]) -> None:
    @queue.task(name=DELIVER_EVENTS, queue=DELIVERIES, retry=Again())
    async def deliver_events(org_id: str, webhook_id: str) -> None:
        await deliver(WebhookJob(UUID(org_id), UUID(webhook_id)))
