"""Bodies of webhooks and their deliveries."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.webhooks import SignedWebhook
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import Webhook

LONGEST_URL = 2_000

WantedType = Literal[
    "import.completed", "import.failed", "import.awaiting_decision", "dataset.changed"
]
Url = Annotated[str, StringConstraints(max_length=LONGEST_URL)]
Description = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,200}$")]
WantedTypes = Annotated[list[WantedType], Field(max_length=100)]
WebhookState = Literal["enabled", "disabled"]


class NewWebhookBody(BaseModel):
    """Name the https URL that events are sent to. Without `event_types` it is sent all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Url
    description: Description = ""
    event_types: WantedTypes = []


class ChangeWebhookBody(BaseModel):
    """Change what is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Url | None = None
    description: Description | None = None
    event_types: WantedTypes | None = None
    state: WebhookState | None = None


class WebhookBody(BaseModel):
    """Where events are sent. Without `event_types` it is sent all.

    It was `disabled_because` you `asked` for it or because its receiver was `gone`: answered 410.
    """

    webhook_id: UUID
    url: str
    description: str
    event_types: list[str]
    state: WebhookState
    disabled_because: Literal["asked", "gone"] | None
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
    state: Literal["pending", "delivered", "failed"]
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
