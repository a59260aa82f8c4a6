"""The outbox: events and their deliveries, together with what they tell of or not at all."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.outbox import EventType, add_event, add_event_for
from shared.database.outbox_events import OutboxEvent
from shared.database.session import Database
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import Webhook, add_webhook
from tests.conftest import Tenant, add_tenant

IMPORT_ID = UUID(int=5)


@pytest.fixture
async def own_tenant(own_database: Database) -> Tenant:
    return await add_tenant(own_database)


async def add_endpoint(database: Database, tenant: Tenant, *event_types: str) -> UUID:
    async with database.begin(tenant.org_id) as session:
        added = await add_webhook(
            session,
            org_id=tenant.org_id,
            url="https://example.com/hooks",
            description="",
            event_types=event_types,
        )
    return added.webhook_id


async def tell(session: AsyncSession, tenant: Tenant, kind: EventType) -> UUID:
    return await add_event(
        session,
        org_id=tenant.org_id,
        type=kind,
        subject={"import_id": IMPORT_ID},
        payload={"counts": {"added": 3}},
    )


async def deliveries(database: Database, tenant: Tenant) -> list[tuple[UUID, UUID, str]]:
    async with database.begin(tenant.org_id) as session:
        found = await session.scalars(
            select(WebhookDelivery).order_by(WebhookDelivery.event_id, WebhookDelivery.webhook_id)
        )
        return [(each.event_id, each.webhook_id, each.state) for each in found]


async def jobs(database: Database, webhook_id: UUID) -> list[dict[str, Any]]:
    async with database.begin(uuid4()) as session:
        found = await session.execute(
            text(
                "SELECT queue_name, task_name, status::text, args, lock,"
                " scheduled_at <= now() AS due FROM procrastinate.procrastinate_jobs"
                " WHERE queueing_lock = :lock ORDER BY id"
            ),
            {"lock": f"webhook {webhook_id}"},
        )
        return [dict(row._mapping) for row in found]


async def test_an_event_keeps_what_happened_to_what(database: Database, tenant: Tenant) -> None:
    async with database.begin(tenant.org_id) as session:
        event_id = await tell(session, tenant, EventType.IMPORT_COMPLETED)
    async with database.begin(tenant.org_id) as session:
        kept = await session.get(OutboxEvent, (tenant.org_id, event_id))
        assert kept is not None
        assert (kept.type, kept.subject, kept.payload) == (
            "import.completed",
            {"import_id": str(IMPORT_ID)},
            {"counts": {"added": 3}},
        )


async def test_only_webhooks_that_want_an_event_get_a_delivery_of_it(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    everything = await add_endpoint(database, tenant)
    completed = await add_endpoint(database, tenant, "import.completed", "import.failed")
    await add_endpoint(database, tenant, "dataset.changed")
    await add_endpoint(database, other_tenant)
    disabled = await add_endpoint(database, tenant)
    async with database.begin(tenant.org_id) as session:
        await session.execute(
            update(Webhook)
            .where(Webhook.webhook_id == disabled)
            .values(state="disabled", disabled_because="asked")
        )
    async with database.begin(tenant.org_id) as session:
        event_id = await tell(session, tenant, EventType.IMPORT_COMPLETED)
    assert await deliveries(database, tenant) == [
        (event_id, everything, "pending"),
        (event_id, completed, "pending"),
    ]
    assert await deliveries(database, other_tenant) == []
    for webhook_id in (everything, completed):
        assert await jobs(database, webhook_id) == [
            {
                "queue_name": "webhooks",
                "task_name": "deliver_events",
                "status": "todo",
                "args": {"org_id": str(tenant.org_id), "webhook_id": str(webhook_id)},
                "lock": f"webhook {webhook_id}",
                "due": True,
            }
        ]


async def test_nothing_is_left_of_an_event_whose_transaction_is_rolled_back(
    database: Database, tenant: Tenant
) -> None:
    webhook_id = await add_endpoint(database, tenant)
    async with database.begin(tenant.org_id) as session:
        await tell(session, tenant, EventType.DATASET_CHANGED)
        await session.rollback()
    async with database.begin(tenant.org_id) as session:
        events = (await session.scalars(select(func.count()).select_from(OutboxEvent))).one()
    assert events == 0
    assert await deliveries(database, tenant) == []
    assert await jobs(database, webhook_id) == []


async def test_events_are_kept_though_nobody_wants_them(database: Database, tenant: Tenant) -> None:
    async with database.begin(tenant.org_id) as session:
        event_id = await tell(session, tenant, EventType.IMPORT_AWAITING_DECISION)
    async with database.begin(tenant.org_id) as session:
        assert (await session.scalars(select(OutboxEvent.event_id))).all() == [event_id]


async def test_two_events_make_one_job_of_their_webhook(database: Database, tenant: Tenant) -> None:
    webhook_id = await add_endpoint(database, tenant)
    for kind in (EventType.IMPORT_COMPLETED, EventType.DATASET_CHANGED):
        async with database.begin(tenant.org_id) as session:
            await tell(session, tenant, kind)
    assert len(await deliveries(database, tenant)) == 2
    assert len(await jobs(database, webhook_id)) == 1


async def test_an_event_of_another_organization_cannot_be_written(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    with pytest.raises(Exception, match="row-level security"):
        async with database.begin(tenant.org_id) as session:
            await tell(session, other_tenant, EventType.IMPORT_FAILED)


async def test_an_event_goes_to_no_webhook_of_another_organization(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    foreign = await add_endpoint(database, other_tenant)
    with pytest.raises(Exception, match="foreign key"):
        async with database.begin(tenant.org_id) as session:
            await add_event_for(
                session,
                [foreign],
                org_id=tenant.org_id,
                type=EventType.WEBHOOK_TEST,
                subject={},
                payload={},
            )


async def test_a_new_event_ends_the_oldest_ones_with_their_deliveries(
    own_database: Database, own_superuser: psycopg.Connection, own_tenant: Tenant
) -> None:
    await add_endpoint(own_database, own_tenant)
    async with own_database.begin(own_tenant.org_id) as session:
        old = await tell(session, own_tenant, EventType.IMPORT_COMPLETED)
        kept = await tell(session, own_tenant, EventType.IMPORT_COMPLETED)
    own_superuser.execute(
        "UPDATE outbox_event SET occurred_at = now() - %s WHERE event_id = %s",
        [timedelta(days=31), old],
    )
    async with own_database.begin(own_tenant.org_id) as session:
        new = await tell(session, own_tenant, EventType.IMPORT_COMPLETED)
    async with own_database.begin(own_tenant.org_id) as session:
        left = await session.scalars(select(OutboxEvent.event_id).order_by(OutboxEvent.event_id))
        assert left.all() == [kept, new]
    assert [event_id for event_id, _, _ in await deliveries(own_database, own_tenant)] == [
        kept,
        new,
    ]
