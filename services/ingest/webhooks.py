"""Webhooks: added, changed, and given secrets."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from services.ingest.webhook_secrets import WebhookSecrets
from shared.clock import Clock
from shared.database.session import Database
from shared.database.webhook_deliveries import end_deliveries
from shared.database.webhooks import (
    Webhook,
    add_webhook,
    count_webhooks,
    delete_webhook,
    get_webhook,
    list_webhooks,
)
from shared.egress import EgressGuard
from shared.errors import ConflictError, EndpointNotAllowedError

MOST_WEBHOOKS = 20  # of an organization: each gets every event


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A webhook and its secret, for the answer in which it is shown."""

    webhook: Webhook
    secret: SecretStr


class Webhooks:
    """Serve an organization's webhooks. What belongs to another one raises NotFoundError."""

    def __init__(
        self, database: Database, egress: EgressGuard, clock: Clock, secrets: WebhookSecrets
    ) -> None:
        self._database = database
        self._egress = egress
        self._clock = clock
        self._secrets = secrets

    async def create(
        self, org_id: UUID, *, url: str, description: str, event_types: Sequence[str]
    ) -> SignedWebhook:
        """Add a webhook. Raise EndpointNotAllowedError for a URL that is not public https."""
        self._check(url)
        async with self._database.begin(org_id) as session:
            if await count_webhooks(session) >= MOST_WEBHOOKS:
                raise ConflictError(f"An organization has at most {MOST_WEBHOOKS} webhooks.")
            added = await add_webhook(
                session,
                org_id=org_id,
                url=url,
                description=description,
                event_types=event_types,
            )
        return SignedWebhook(added, self._secrets.of(added))

    async def get(self, org_id: UUID, webhook_id: UUID) -> Webhook:
        async with self._database.begin(org_id) as session:
            return await get_webhook(session, webhook_id)

    async def list(self, org_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Webhook]:
        async with self._database.begin(org_id) as session:
            return await list_webhooks(session, after=after, limit=limit)

    async def change(
        self,
        org_id: UUID,
        webhook_id: UUID,
        *,
        url: str | None,
        description: str | None,
        event_types: Sequence[str] | None,
        state: str | None,
    ) -> Webhook:
        """Change what is given. Disabling it ends what is pending."""
        if url is not None:
            self._check(url)
        async with self._database.begin(org_id) as session:
            webhook = await get_webhook(session, webhook_id, lock=True)
            if url is not None:
                webhook.url = url
            if description is not None:
                webhook.description = description
            if event_types is not None:
                webhook.event_types = [*event_types]
            if state is not None and state != webhook.state:
                webhook.state = state
                webhook.disabled_because = None if state == "enabled" else "asked"
                await end_deliveries(session, webhook_id)
        return webhook

    async def delete(self, org_id: UUID, webhook_id: UUID) -> None:
        """Delete it with its deliveries; what is being sent may still arrive."""
        async with self._database.begin(org_id) as session:
            await delete_webhook(session, webhook_id)

    async def rotate_secret(self, org_id: UUID, webhook_id: UUID) -> SignedWebhook:
        """Give it a new secret; the old one is good for a while yet."""
        async with self._database.begin(org_id) as session:
            webhook = await get_webhook(session, webhook_id, lock=True)
            webhook.secret_version += 1
            webhook.rotated_at = self._clock.now()
        return SignedWebhook(webhook, self._secrets.of(webhook))

    def _check(self, url: str) -> None:
        try:
            self._egress.check_url(url)
        except EndpointNotAllowedError as error:
            raise EndpointNotAllowedError(error.detail, field="url") from error
