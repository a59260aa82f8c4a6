"""Webhook jobs: send what is due for a webhook, one event after the other, for a while."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from uuid import UUID

import structlog

from services.ingest.webhook_secrets import WebhookSecrets
from services.ingest.webhook_sender import LONGEST_ATTEMPT, Answer, WebhookSender
from shared.clock import Clock
from shared.database.outbox_events import OutboxEvent
from shared.database.queue import defer_deliveries
from shared.database.session import LONGEST_TRANSACTION, Database
from shared.database.webhook_deliveries import (
    Attempt,
    WebhookDelivery,
    end_deliveries,
    find_due_delivery,
    find_pause,
    postpone_delivery,
    record_attempt,
    settle_delivery,
)
from shared.database.webhooks import disable_webhook, is_enabled

# Before each attempt but the first (Standard Webhooks, "Deliverability and reliability").
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # of a pause, at most, so that what failed together does not come back together
SLICE = timedelta(seconds=30)  # then the webhook gives its place to the next one
PLACES = 4  # webhooks that one worker process sends to at the same time
SLOW = timedelta(seconds=2)  # after an attempt that took longer, others have the place first
LONGEST_JOB = SLICE + LONGEST_ATTEMPT + 4 * LONGEST_TRANSACTION

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookJob:
    """A webhook that has something to be sent."""

    org_id: UUID
    webhook_id: UUID


class WebhookJobs:
    """Run the jobs of webhooks. Every event is sent at least once, or its delivery fails."""

    def __init__(
        self,
        database: Database,
        sender: WebhookSender,
        secrets: WebhookSecrets,
        clock: Clock,
        *,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._sender = sender
        self._secrets = secrets
        self._clock = clock
        self._draw = draw
        self._stopping = False

    def stop(self) -> None:
        """Let each job end after the message that it is sending."""
        self._stopping = True

    async def run(self, job: WebhookJob) -> None:
        """Send what is due, then leave a job for what is due later."""
        ends = self._clock.now() + SLICE
        slow = False
        while not (slow or self._stopping) and self._clock.now() < ends:
            began = self._clock.now()
            if not await self._send_next(job):
                break
            slow = self._clock.now() - began > SLOW
        await self._queue_rest(job, comes_last=slow)

    async def _queue_rest(self, job: WebhookJob, *, comes_last: bool) -> None:
        async with self._database.begin(job.org_id) as session:
            if not await is_enabled(session, job.webhook_id):
                # Something may have happened while it was being disabled.
                await end_deliveries(session, job.webhook_id)
                return
            pause = await find_pause(session, job.webhook_id)
            if pause is not None:
                await defer_deliveries(
                    session,
                    org_id=job.org_id,
                    webhook_id=job.webhook_id,
                    delay=pause,
                    comes_last=comes_last,
                )

    async def _send_next(self, job: WebhookJob) -> bool:
        """Send the event that is due for longest; False when there is none."""
        async with self._database.begin(job.org_id) as session:
            delivery = await find_due_delivery(session, job.webhook_id)
        if delivery is None:
            return False
        webhook, body = delivery.webhook, body_of(delivery.event)
        now = self._clock.now()
        headers = self._secrets.sign(webhook, delivery.event_id, body, now)
        answer = await self._sender.send(webhook.url, headers, body)
        attempt = Attempt(now.isoformat(), answer.status, answer.code)
        await self._record(job.org_id, delivery, attempt, answer)
        log.info(
            "webhook sent",
            org_id=job.org_id,
            webhook_id=job.webhook_id,
            event_id=delivery.event_id,
            status=answer.status,
            code=answer.code,
        )
        return True

    async def _record(
        self, org_id: UUID, sent: WebhookDelivery, attempt: Attempt, answer: Answer
    ) -> None:
        """Store what came of an attempt, and when the next one is."""
        async with self._database.begin(org_id) as session:
            if answer.is_unwanted:  # first, since who changes a webhook locks it first, too
                await disable_webhook(session, sent.webhook_id, because="gone")
            delivery = await record_attempt(session, sent, attempt)
            if delivery is None:
                return
            if answer.is_taken:
                await settle_delivery(session, delivery, "delivered")
            elif answer.is_unwanted:
                await settle_delivery(session, delivery, "failed")
                await end_deliveries(session, sent.webhook_id)
            elif delivery.state == "pending" and delivery.tries <= len(PAUSES):
                pause = PAUSES[delivery.tries - 1] * (1 + JITTER * self._draw())
                await postpone_delivery(session, delivery, max(pause, answer.retry_after))
            elif delivery.state == "pending":
                await settle_delivery(session, delivery, "failed")


def body_of(event: OutboxEvent) -> bytes:
    """Return the message of an event, the same each time (Standard Webhooks, "Payload")."""
    message = {
        "type": event.type,
        "timestamp": event.occurred_at.astimezone(UTC).isoformat(),
        "data": {**event.payload, **event.subject},
    }
    return json.dumps(message, separators=(",", ":"), sort_keys=True).encode()
