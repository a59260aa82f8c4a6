"""A post: webhooks of one tenant, and the jobs that a worker would run for them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update

from services.ingest.webhook_jobs import WebhookJob, WebhookJobs
from services.ingest.webhook_secrets import WebhookSecrets
from services.ingest.webhook_sender import WebhookSender
from services.ingest.webhooks import Webhooks
from shared.clock import FrozenClock, SystemClock
from shared.database.outbox import EventType, add_event
from shared.database.session import Database
from shared.database.webhook_deliveries import WebhookDelivery
from shared.egress import EgressGuard
from tests.conftest import WEBHOOK_KEY, Tenant

SECRETS = WebhookSecrets(WEBHOOK_KEY)
ON_PREMISES = EgressGuard(allow_private=True)


@dataclass(frozen=True)
class Post:
    """Webhooks of one tenant, and the jobs that a worker would run for them."""

    database: Database
    tenant: Tenant
    webhooks: Webhooks
    jobs: WebhookJobs

    async def add(self, url: str) -> UUID:
        added = await self.webhooks.create(
            self.tenant.org_id, url=url, description="", event_types=[]
        )
        return added.webhook.webhook_id

    async def tell(self, number: int = 0) -> UUID:
        async with self.database.begin(self.tenant.org_id) as session:
            return await add_event(
                session,
                org_id=self.tenant.org_id,
                type=EventType.DATASET_CHANGED,
                subject={"dataset_id": UUID(int=5)},
                payload={"number": number},
            )

    async def run(self, webhook_id: UUID) -> None:
        """Run the webhook's job, which is in the queue no more."""
        async with self.database.begin(self.tenant.org_id) as session:
            await session.execute(text("SET LOCAL search_path = procrastinate"))
            await session.execute(
                text("DELETE FROM procrastinate_jobs WHERE queueing_lock = :lock"),
                {"lock": f"webhook {webhook_id}"},
            )
        await self.jobs.run(WebhookJob(self.tenant.org_id, webhook_id))

    async def run_when_due(self, webhook_id: UUID) -> None:
        """Run as if the pause of what is pending were over."""
        async with self.database.begin(self.tenant.org_id) as session:
            await session.execute(
                update(WebhookDelivery)
                .where(WebhookDelivery.state == "pending")
                .values(next_attempt_at=func.now())
            )
        await self.run(webhook_id)

    async def deliveries(self, webhook_id: UUID) -> list[WebhookDelivery]:
        async with self.database.begin(self.tenant.org_id) as session:
            found = await session.scalars(
                select(WebhookDelivery)
                .where(WebhookDelivery.webhook_id == webhook_id)
                .order_by(WebhookDelivery.event_id)
            )
            return list(found)

    async def pause(self, webhook_id: UUID) -> timedelta:
        """Return how long the only pending delivery rests."""
        async with self.database.begin(self.tenant.org_id) as session:
            found = await session.execute(
                select(WebhookDelivery.next_attempt_at - func.now()).where(
                    WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "pending"
                )
            )
            pause: timedelta = found.scalar_one()  # type: ignore[assignment] # an interval
            return pause

    async def waiting_jobs(self, webhook_id: UUID) -> list[tuple[int, timedelta]]:
        """Return the priority of each job that waits, and how long it does."""
        async with self.database.begin(self.tenant.org_id) as session:
            found = await session.execute(
                text(
                    "SELECT priority, scheduled_at - now() FROM procrastinate.procrastinate_jobs"
                    " WHERE queueing_lock = :lock AND status = 'todo'"
                ),
                {"lock": f"webhook {webhook_id}"},
            )
            return [(priority, pause) for priority, pause in found]


def post_for(
    database: Database,
    tenant: Tenant,
    clock: FrozenClock | SystemClock,
    *,
    egress: EgressGuard = ON_PREMISES,
    sender: WebhookSender,
) -> Post:
    jobs = WebhookJobs(database, sender, SECRETS, clock, draw=lambda: 1.0)
    return Post(database, tenant, Webhooks(database, egress, clock, SECRETS), jobs)
