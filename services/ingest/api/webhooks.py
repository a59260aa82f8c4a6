"""Routes of webhooks and their deliveries."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.ingest.api.dependencies import CALLER, MISSING, Cursor, IngestDep, Limit
from services.ingest.schemas.webhooks import (
    ChangeWebhookBody,
    DeliveryBody,
    NewWebhookBody,
    SignedWebhookBody,
    WebhookBody,
)
from services.ingest.webhook_deliveries import WebhookDeliveries
from services.ingest.webhooks import Webhooks
from shared.auth import Principal, Requires, Scope
from shared.errors import ConflictError, EndpointNotAllowedError, WebhooksNotConfiguredError
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Reader = Annotated[Principal, Depends(Requires(Scope.WEBHOOKS_READ))]
Writer = Annotated[Principal, Depends(Requires(Scope.WEBHOOKS_WRITE))]


def get_webhooks(ingest: IngestDep) -> Webhooks:
    """Return the webhooks, or raise WebhooksNotConfiguredError."""
    if ingest.webhooks is None:
        raise WebhooksNotConfiguredError(
            "The operator has not set MOORING_WEBHOOK_KEY, which webhooks are signed with."
        )
    return ingest.webhooks


def get_deliveries(ingest: IngestDep, _webhooks: "WebhooksDep") -> WebhookDeliveries:
    """Return the deliveries, or raise WebhooksNotConfiguredError."""
    return ingest.webhook_deliveries


WebhooksDep = Annotated[Webhooks, Depends(get_webhooks)]
DeliveriesDep = Annotated[WebhookDeliveries, Depends(get_deliveries)]

_ANY = (*CALLER, WebhooksNotConfiguredError)
_ONE = (*MISSING, WebhooksNotConfiguredError)


@router.post(
    "",
    status_code=201,
    summary="Add a webhook",
    responses=raises(*_ANY, ConflictError, EndpointNotAllowedError),
)
async def create_webhook(
    body: NewWebhookBody, caller: Writer, webhooks: WebhooksDep
) -> SignedWebhookBody:
    """Send events to a URL from now on. The signing secret is shown this once."""
    added = await webhooks.create(
        caller.org_id, url=body.url, description=body.description, event_types=body.event_types
    )
    return SignedWebhookBody.of(added)


@router.get("", summary="List webhooks", responses=raises(*_ANY))
async def list_webhooks(
    caller: Reader, webhooks: WebhooksDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[WebhookBody]:
    """List the organization's webhooks, oldest first."""
    after = decode_id_cursor(cursor)
    rows = await webhooks.list(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.webhook_id)
    return Page[WebhookBody](items=[WebhookBody.of(row) for row in page], next_cursor=following)


@router.get("/{webhook_id}", summary="Get a webhook", responses=raises(*_ONE))
async def get_webhook(webhook_id: UUID, caller: Reader, webhooks: WebhooksDep) -> WebhookBody:
    """Show a webhook, without its secret."""
    return WebhookBody.of(await webhooks.get(caller.org_id, webhook_id))


@router.patch(
    "/{webhook_id}", summary="Change a webhook", responses=raises(*_ONE, EndpointNotAllowedError)
)
async def change_webhook(
    webhook_id: UUID, body: ChangeWebhookBody, caller: Writer, webhooks: WebhooksDep
) -> WebhookBody:
    """Change what is given. Disabling a webhook gives up what is still to be sent to it."""
    changed = await webhooks.change(
        caller.org_id,
        webhook_id,
        url=body.url,
        description=body.description,
        event_types=body.event_types,
        state=body.state,
    )
    return WebhookBody.of(changed)


@router.delete(
    "/{webhook_id}", status_code=204, summary="Delete a webhook", responses=raises(*_ONE)
)
async def delete_webhook(webhook_id: UUID, caller: Writer, webhooks: WebhooksDep) -> None:
    """Send nothing more, and forget its deliveries."""
    await webhooks.delete(caller.org_id, webhook_id)


@router.post(
    "/{webhook_id}/rotate-secret", summary="Rotate a webhook's secret", responses=raises(*_ONE)
)
async def rotate_webhook_secret(
    webhook_id: UUID, caller: Writer, webhooks: WebhooksDep
) -> SignedWebhookBody:
    """Sign with a new secret, shown this once, and for 24 hours also with the one before."""
    return SignedWebhookBody.of(await webhooks.rotate_secret(caller.org_id, webhook_id))


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Test a webhook",
    responses=raises(*_ONE, ConflictError),
)
async def test_webhook(webhook_id: UUID, caller: Writer, deliveries: DeliveriesDep) -> DeliveryBody:
    """Send a `webhook.test` event, whatever types the webhook wants."""
    return DeliveryBody.of(await deliveries.test(caller.org_id, webhook_id))


@router.get("/{webhook_id}/deliveries", summary="List deliveries", responses=raises(*_ONE))
async def list_webhook_deliveries(
    webhook_id: UUID,
    caller: Reader,
    deliveries: DeliveriesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[DeliveryBody]:
    """List what was sent to a webhook in the last 30 days, or is to be sent, newest first."""
    before = decode_id_cursor(cursor)
    rows = await deliveries.list(caller.org_id, webhook_id, before=before, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.event_id)
    return Page[DeliveryBody](items=[DeliveryBody.of(row) for row in page], next_cursor=following)


@router.post(
    "/{webhook_id}/deliveries/{event_id}/replay",
    status_code=202,
    summary="Replay a delivery",
    responses=raises(*_ONE, ConflictError),
)
async def replay_webhook_delivery(
    webhook_id: UUID, event_id: UUID, caller: Writer, deliveries: DeliveriesDep
) -> DeliveryBody:
    """Send an event again, with the whole schedule, whatever became of it."""
    return DeliveryBody.of(await deliveries.replay(caller.org_id, webhook_id, event_id))
