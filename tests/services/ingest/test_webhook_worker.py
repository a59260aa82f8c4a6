"""A worker delivers events, whatever becomes of receivers and of other workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import func, text, update

from services.ingest.settings import Settings
from services.ingest.webhook_jobs import PLACES
from services.ingest.worker import Worker
from shared.clock import SystemClock
from shared.database.outbox import EventType, add_event
from shared.database.queue import defer_deliveries
from shared.database.session import NO_ORG, Database
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import add_webhook
from shared.leases import Lease
from shared.storage.base import ObjectStore
from tests.conftest import SERVICE_KEY, WEBHOOK_KEY, Tenant, add_tenant
from tests.services.ingest.bench import FakeLeases
from tests.services.ingest.receivers import Receiver, serve

CLOCK = SystemClock()
PATIENCE_SECONDS = 30


@asynccontextmanager
async def working(url: SecretStr, **more: object) -> AsyncIterator[None]:
    """Run a worker that has no imports to run."""
    settings = Settings.model_validate(
        {
            "database_url": url,
            "service_key": SERVICE_KEY,
            "webhook_key": WEBHOOK_KEY,
            "allow_private_endpoints": True,
            "worker_heartbeat": timedelta(milliseconds=100),
            "worker_silence": timedelta(milliseconds=500),
            **more,
        }
    )

    @asynccontextmanager
    async def open_store(_lease: Lease) -> AsyncIterator[ObjectStore]:
        raise AssertionError
        yield

    stop = asyncio.Event()
    running = asyncio.create_task(Worker(settings, FakeLeases(CLOCK), open_store, CLOCK).run(stop))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await running


async def add(database: Database, tenant: Tenant, receiver: Receiver) -> UUID:
    async with database.begin(tenant.org_id) as session:
        added = await add_webhook(
            session, org_id=tenant.org_id, url=receiver.url, description="", event_types=[]
        )
    return added.webhook_id


async def tell(database: Database, tenant: Tenant, times: int = 1) -> None:
    for number in range(times):
        async with database.begin(tenant.org_id) as session:
            await add_event(
                session,
                org_id=tenant.org_id,
                type=EventType.DATASET_CHANGED,
                subject={},
                payload={"number": number},
            )


@pytest.fixture
async def own_tenant(own_database: Database) -> Tenant:
    return await add_tenant(own_database)


@pytest.fixture
async def own_database(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


async def test_a_worker_delivers_what_happened_before_and_while_it_runs(
    own_database_url: SecretStr, own_database: Database, own_tenant: Tenant
) -> None:
    async with serve() as receiver:
        await add(own_database, own_tenant, receiver)
        await tell(own_database, own_tenant, 2)
        async with working(own_database_url):
            await receiver.wait_for(2)
            await tell(own_database, own_tenant)
            await receiver.wait_for(3)
    assert [each.content["data"]["number"] for each in receiver.messages] == [0, 1, 0]


async def test_one_worker_delivers_though_it_walks_no_more_than_one_range(
    own_database_url: SecretStr, own_database: Database, own_tenant: Tenant
) -> None:
    async with serve() as receiver:
        for _ in range(PLACES + 2):
            await add(own_database, own_tenant, receiver)
        await tell(own_database, own_tenant, 3)
        async with working(own_database_url, worker_concurrency=1):
            await receiver.wait_for(3 * (PLACES + 2))


async def test_receivers_that_do_not_answer_keep_nobody_waiting(
    own_database_url: SecretStr, own_database: Database, own_tenant: Tenant
) -> None:
    """Each takes one place only, however much there is for it."""
    open_again = asyncio.Event()
    async with serve() as silent, serve() as quick:

        async def hang() -> None:
            await open_again.wait()

        silent.before_answer = hang
        for _ in range(PLACES - 1):
            await add(own_database, own_tenant, silent)
        await tell(own_database, own_tenant, 5)
        await add(own_database, own_tenant, quick)
        await tell(own_database, own_tenant, 5)
        async with working(own_database_url):
            await quick.wait_for(5)
            assert len(silent.messages) <= PLACES - 1
            open_again.set()


async def test_the_jobs_of_a_lost_worker_are_taken_over(
    own_database_url: SecretStr, own_database: Database, own_tenant: Tenant
) -> None:
    async with serve() as receiver:
        await add(own_database, own_tenant, receiver)
        await tell(own_database, own_tenant)
        async with own_database.begin(NO_ORG) as session:
            await session.execute(text("SET LOCAL search_path = procrastinate"))
            await session.execute(
                text(
                    "SELECT procrastinate_fetch_job_v2(ARRAY['webhooks'], worker_id)"
                    " FROM procrastinate_register_worker_v1()"
                )
            )
        async with working(own_database_url):
            await receiver.wait_for(1)


async def test_what_failed_is_tried_again(
    own_database_url: SecretStr, own_database: Database, own_tenant: Tenant
) -> None:
    async with serve(500) as receiver:
        webhook_id = await add(own_database, own_tenant, receiver)
        await tell(own_database, own_tenant)
        async with working(own_database_url):
            await receiver.wait_for(1)
            while len(receiver.messages) < 2:
                async with own_database.begin(own_tenant.org_id) as session:
                    await session.execute(
                        update(WebhookDelivery)
                        .where(WebhookDelivery.attempts == 1)
                        .values(next_attempt_at=func.now())
                    )
                    await defer_deliveries(session, org_id=own_tenant.org_id, webhook_id=webhook_id)
    first, second, *_ = receiver.messages
    assert first.event_id == second.event_id
