"""The outbox: events, written with what they tell of, and who is to be sent them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.outbox_events import OutboxEvent, forget_old_events
from shared.database.queue import defer_deliveries
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import list_subscribed_webhooks


class EventType(StrEnum):
    """What an event tells of."""

    IMPORT_COMPLETED = "import.completed"
    IMPORT_FAILED = "import.failed"
    IMPORT_AWAITING_DECISION = "import.awaiting_decision"
    DATASET_CHANGED = "dataset.changed"
    LOCATION_HEALTH_CHANGED = "location.health_changed"
    WEBHOOK_TEST = "webhook.test"
    """Sent to one webhook, when its owner asks for it."""


async def add_event(
    session: AsyncSession,
    *,
    org_id: UUID,
    type: EventType,  # noqa: A002 (the word of the specification)
    subject: Mapping[str, UUID],
    payload: Mapping[str, JsonValue],
) -> UUID:
    """Store an event in this very transaction and return its id.

    It is sent to every enabled webhook that wants its type, once the transaction is committed.
    Keep the payload below 20 kB, as receivers expect (Standard Webhooks, "Payload").
    """
    webhook_ids = await list_subscribed_webhooks(session, type.value)
    return await add_event_for(
        session,
        webhook_ids,
        org_id=org_id,
        type=type,
        subject=subject,
        payload=payload,
    )


async def add_event_for(
    session: AsyncSession,
    webhook_ids: Sequence[UUID],
    *,
    org_id: UUID,
    type: EventType,  # noqa: A002 (the word of the specification)
    subject: Mapping[str, UUID],
    payload: Mapping[str, JsonValue],
) -> UUID:
    """Store an event for these webhooks, in the order of their ids, and return its id."""
    await forget_old_events(session)
    added = OutboxEvent(
        org_id=org_id,
        type=type.value,
        subject={name: str(each) for name, each in subject.items()},
        payload=dict(payload),
    )
    session.add(added)
    await session.flush()
    if webhook_ids:
        await session.execute(
            insert(WebhookDelivery).values(next_attempt_at=func.now()),
            [
                {
                    "org_id": org_id,
                    "webhook_id": webhook_id,
                    "event_id": added.event_id,
                    "state": "pending",
                }
                for webhook_id in webhook_ids
            ],
        )
    for webhook_id in webhook_ids:
        await defer_deliveries(session, org_id=org_id, webhook_id=webhook_id)
    return added.event_id
