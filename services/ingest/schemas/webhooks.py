"""Bodies of webhooks and their deliveries."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.webhooks import SignedWebhook
from shared.database.outbox import EventType
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import Webhook

LONGEST_URL = 2_000

Url = Annotated[str, StringConstraints(max_length=LONGEST_URL)]
Description = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,200}$")]


class WantedEvent(StrEnum):
    """What a webhook may want to hear of."""

    IMPORT_COMPLETED = EventType.IMPORT_COMPLETED.value
    IMPORT_FAILED = EventType.IMPORT_FAILED.value
    IMPORT_AWAITING_DECISION = EventType.IMPORT_AWAITING_DECISION.value
    DATASET_CHANGED = EventType.DATASET_CHANGED.value
    LOCATION_HEALTH_CHANGED = EventType.LOCATION_HEALTH_CHANGED.value


class WebhookState(StrEnum):
    """Whether events are sent to a webhook."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class DisabledBecause(StrEnum):
    """Why a webhook is disabled: you asked for it, or its receiver is gone, since it said 410."""

    ASKED = "asked"
    GONE = "gone"


class DeliveryState(StrEnum):
    """Where a delivery is: pending → delivered or failed; a replay makes it pending again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


WantedEvents = Annotated[list[WantedEvent], Field(max_length=100)]


class NewWebhookBody(BaseModel):
    """Name the https URL that events are sent to. Without `event_types` it is sent all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Url
    description: Description = ""
    event_types: WantedEvents = []


class ChangeWebhookBody(BaseModel):
    """Change what is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Url | None = None
    description: Description | None = None
    event_types: WantedEvents | None = None
    state: WebhookState | None = None


class WebhookBody(BaseModel):
    """Where events are sent. Without `event_types` it is sent all."""

    webhook_id: UUID
    url: str
    description: str
    event_types: list[str]
    state: WebhookState
    disabled_because: DisabledBecause | None
    rotated_at: AwareDatetime | None
    created_at: AwareDatetime

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls.model_validate(webhook, from_attributes=True)


class SignedWebhookBody(BaseModel):
    """A webhook and its signing `secret`, which is shown this once."""

    webhook: WebhookBody
    secret: str

    @classmethod
    def of(cls, signed: SignedWebhook) -> Self:
        return cls(webhook=WebhookBody.of(signed.webhook), secret=signed.secret.get_secret_value())


class AttemptBody(BaseModel):
    """One try: the `status` of the answer, or the `code` of why there was none."""

    attempted_at: AwareDatetime
    status: int | None
    code: str | None


class DeliveryBody(BaseModel):
    """An event on its way to a webhook.

    `attempts` are all that were made, `latest_attempts` the newest 20 of them, oldest first.
    """

    event_id: UUID
    event_type: str
    occurred_at: AwareDatetime
    state: DeliveryState
    attempts: int
    latest_attempts: list[AttemptBody]
    next_attempt_at: AwareDatetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        return cls.model_validate(
            {
                "event_id": delivery.event_id,
                "event_type": delivery.event.type,
                "occurred_at": delivery.event.occurred_at,
                "state": delivery.state,
                "attempts": delivery.attempts,
                "latest_attempts": delivery.latest_attempts,
                "next_attempt_at": delivery.next_attempt_at,
            }
        )
