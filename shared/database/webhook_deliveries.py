"""Webhook deliveries: events on their way to webhooks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Update,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from shared.database.base import CreatedAt, Table
from shared.database.outbox_events import OutboxEvent
from shared.database.webhooks import Webhook
from shared.errors import NotFoundError

DeliveryState = Literal["delivered", "failed"]
MOST_ATTEMPTS = 20  # that are kept of a delivery: those of a schedule, and of the one before
_IS_PENDING = text("state = 'pending'")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send an event: the `status` of the answer, or the `code` of what went wrong."""

    attempted_at: str
    status: int | None
    code: str | None


class WebhookDelivery(Table):
    """One event for one webhook. `tries` counts the attempts of its present schedule.

    `attempts` counts all, of which `latest_attempts` are the newest, oldest first. While it is
    pending it is due at `next_attempt_at`.
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
            postgresql_where=_IS_PENDING,
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

    event: Mapped[OutboxEvent] = relationship(lazy="raise", viewonly=True)
    webhook: Mapped[Webhook] = relationship(lazy="raise", viewonly=True)


_WITH_EVENT = select(WebhookDelivery).options(joinedload(WebhookDelivery.event, innerjoin=True))


async def get_delivery(session: AsyncSession, webhook_id: UUID, event_id: UUID) -> WebhookDelivery:
    """Return the delivery with its event, locked, or raise NotFoundError."""
    query = _WITH_EVENT.where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.event_id == event_id
    ).with_for_update(of=WebhookDelivery)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFoundError("There is no such delivery.")
    return found


async def list_deliveries(
    session: AsyncSession, webhook_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Return a webhook's deliveries with their events, newest event first."""
    query = _WITH_EVENT.where(WebhookDelivery.webhook_id == webhook_id)
    if before is not None:
        query = query.where(WebhookDelivery.event_id < before)
    query = query.order_by(WebhookDelivery.event_id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def find_due_delivery(session: AsyncSession, webhook_id: UUID) -> WebhookDelivery | None:
    """Return the delivery of an enabled webhook that has been due for longest, with both ends."""
    query = (
        _WITH_EVENT.join(WebhookDelivery.webhook)
        .options(contains_eager(WebhookDelivery.webhook))
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == "pending",
            WebhookDelivery.next_attempt_at <= func.now(),
            Webhook.state == "enabled",
        )
    )
    query = query.order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.event_id).limit(1)
    return (await session.scalars(query)).one_or_none()


async def find_pause(session: AsyncSession, webhook_id: UUID) -> timedelta | None:
    """Return how long it is until a delivery of the webhook is due; None when none is pending."""
    query = select(func.min(WebhookDelivery.next_attempt_at) - func.now()).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "pending"
    )
    found = await session.execute(query)
    pause: timedelta | None = found.scalar_one()  # type: ignore[assignment] # it is an interval
    return None if pause is None else max(pause, timedelta())


async def record_attempt(
    session: AsyncSession, sent: WebhookDelivery, attempt: Attempt
) -> WebhookDelivery | None:
    """Add an attempt to the delivery that was read before it, and return it as it is now, locked.

    Return None, and add nothing, when it is gone or another job has recorded an attempt meanwhile.
    """
    recorded = await session.execute(
        _update(sent)
        .where(WebhookDelivery.attempts == sent.attempts)
        .values(
            attempts=sent.attempts + 1,
            tries=WebhookDelivery.tries + 1,
            latest_attempts=[*sent.latest_attempts, asdict(attempt)][-MOST_ATTEMPTS:],
        )
        .returning(WebhookDelivery)
    )
    return recorded.scalar_one_or_none()


async def settle_delivery(
    session: AsyncSession, delivery: WebhookDelivery, state: DeliveryState
) -> None:
    """End a delivery as delivered or failed."""
    await session.execute(_update(delivery).values(state=state, next_attempt_at=None))


async def postpone_delivery(
    session: AsyncSession, delivery: WebhookDelivery, pause: timedelta
) -> None:
    """Let the next attempt of a pending delivery be after this pause."""
    await session.execute(_update(delivery).values(next_attempt_at=func.now() + pause))


async def restart_delivery(session: AsyncSession, delivery: WebhookDelivery) -> None:
    """Let a delivery be sent anew, at once, whatever became of it."""
    await session.execute(
        _update(delivery).values(state="pending", tries=0, next_attempt_at=func.now())
    )
    await session.refresh(delivery, ["state", "tries", "next_attempt_at"])


async def end_deliveries(session: AsyncSession, webhook_id: UUID) -> None:
    """Give up what is pending for a webhook."""
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == "pending")
        .values(state="failed", next_attempt_at=None)
    )


def _update(delivery: WebhookDelivery) -> Update:
    return update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == delivery.webhook_id,
        WebhookDelivery.event_id == delivery.event_id,
    )
