"""Webhook deliveries: listed, tried out, sent again."""

from collections.abc import Sequence
from uuid import UUID

from shared.database.outbox import EventType, add_event_for
from shared.database.queue import defer_deliveries
from shared.database.session import Database
from shared.database.webhook_deliveries import (
    WebhookDelivery,
    get_delivery,
    list_deliveries,
    restart_delivery,
)
from shared.database.webhooks import get_enabled_webhook, get_webhook


class WebhookDeliveries:
    """Serve the deliveries of an organization's webhooks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, org_id: UUID, webhook_id: UUID, *, before: UUID | None, limit: int
    ) -> Sequence[WebhookDelivery]:
        async with self._database.begin(org_id) as session:
            await get_webhook(session, webhook_id)
            return await list_deliveries(session, webhook_id, before=before, limit=limit)

    async def test(self, org_id: UUID, webhook_id: UUID) -> WebhookDelivery:
        """Send an event that tells of nothing. Raise ConflictError for a disabled webhook."""
        async with self._database.begin(org_id) as session:
            await get_enabled_webhook(session, webhook_id)
            event_id = await add_event_for(
                session,
                [webhook_id],
                org_id=org_id,
                type=EventType.WEBHOOK_TEST,
                subject={"webhook_id": webhook_id},
                payload={},
            )
            return await get_delivery(session, webhook_id, event_id)

    async def replay(self, org_id: UUID, webhook_id: UUID, event_id: UUID) -> WebhookDelivery:
        """Send an event again from the start. Raise ConflictError for a disabled webhook."""
        async with self._database.begin(org_id) as session:
            await get_enabled_webhook(session, webhook_id)
            delivery = await get_delivery(session, webhook_id, event_id)
            await restart_delivery(session, delivery)
            await defer_deliveries(session, org_id=org_id, webhook_id=webhook_id)
            return delivery
