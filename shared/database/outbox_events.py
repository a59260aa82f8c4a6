"""Outbox events: what happened, kept for those who want to hear of it."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table
from shared.database.organizations import Organization

KEPT_FOR = timedelta(days=30)
_MOST_FORGOTTEN = 100  # with each new event: more than come, little beside the caller's own work


class OutboxEvent(Table):
    """Something that happened. `subject` are the ids of what it happened to, `payload` the rest."""

    __tablename__ = "outbox_event"

    org_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.org_id), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    type: Mapped[str]
    subject: Mapped[dict[str, str]] = mapped_column(JSONB)
    payload: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.now())


async def forget_old_events(session: AsyncSession) -> None:
    """Delete the oldest events once their time is over; those that another deletes are skipped."""
    oldest = (
        select(OutboxEvent.event_id)
        .where(OutboxEvent.occurred_at < func.now() - KEPT_FOR)
        .order_by(OutboxEvent.event_id)
        .limit(_MOST_FORGOTTEN)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(OutboxEvent).where(OutboxEvent.event_id.in_(oldest)))
