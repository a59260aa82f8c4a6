"""Webhook deliveries: one event on its way to one webhook."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Table


class WebhookDelivery(Table):
    """`tries` counts those of the present schedule, `attempts` all of them.

    `latest_attempts` are the newest ones, oldest first. While pending, it is due at
    `next_attempt_at`.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "webhook_id"],
            ["webhook.org_id", "webhook.webhook_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["org_id", "event_id"],
            ["outbox_event.org_id", "outbox_event.event_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        CheckConstraint(
            "(state = 'pending') = (next_attempt_at IS NOT NULL)", name="next_attempt_at"
        ),
        Index("webhook_delivery_event_id_idx", "org_id", "event_id"),
        Index(
            "webhook_delivery_due_idx",
            "org_id",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text("state = 'pending'"),
        ),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    latest_attempts: Mapped[list[dict[str, str | int | None]]] = mapped_column(
        JSONB, server_default=text("'[]'")
    )
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
