"""Webhooks: the endpoints of an organization that want to hear of its events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Table, Texts
from shared.database.organizations import Organization
from shared.errors import ConflictError, NotFoundError


class Webhook(Table):
    """One endpoint. Without `event_types` it is sent every event.

    Its signing secret is not stored: it follows from the id and `secret_version`. After
    `rotated_at` the secret of the version before is good for a while.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("state IN ('enabled', 'disabled')", name="state"),
        CheckConstraint(
            "(state = 'disabled') = (disabled_because IS NOT NULL)"
            " AND disabled_because IN ('asked', 'gone')",
            name="disabled_because",
        ),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.org_id), primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    url: Mapped[str]
    description: Mapped[str]
    event_types: Mapped[Texts]
    state: Mapped[str]
    disabled_because: Mapped[str | None]
    secret_version: Mapped[int]
    rotated_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


async def add_webhook(
    session: AsyncSession, *, org_id: UUID, url: str, description: str, event_types: Sequence[str]
) -> Webhook:
    """Store an enabled webhook."""
    added = Webhook(
        org_id=org_id,
        url=url,
        description=description,
        event_types=list(event_types),
        state="enabled",
        secret_version=1,
    )
    session.add(added)
    await session.flush()
    return added


async def get_webhook(session: AsyncSession, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Return the webhook, or raise NotFoundError; `lock` keeps others from changing it.

    Deliveries may still be added to one that is locked.
    """
    query = select(Webhook).where(Webhook.webhook_id == webhook_id)
    if lock:
        query = query.with_for_update(key_share=True)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise NotFoundError("There is no such webhook.")
    return found


async def get_enabled_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook:
    """Return the webhook, locked. Raise NotFoundError, or ConflictError when it is disabled."""
    found = await get_webhook(session, webhook_id, lock=True)
    if found.state != "enabled":
        raise ConflictError("The webhook is disabled: it is sent nothing.")
    return found


async def is_enabled(session: AsyncSession, webhook_id: UUID) -> bool:
    """Say whether the webhook is there and enabled."""
    query = select(Webhook.webhook_id).where(
        Webhook.webhook_id == webhook_id, Webhook.state == "enabled"
    )
    return (await session.scalars(query)).one_or_none() is not None


async def disable_webhook(
    session: AsyncSession, webhook_id: UUID, *, because: Literal["asked", "gone"]
) -> None:
    """Send a webhook nothing until it is enabled again."""
    await session.execute(
        update(Webhook)
        .where(Webhook.webhook_id == webhook_id, Webhook.state == "enabled")
        .values(state="disabled", disabled_because=because)
    )


async def count_webhooks(session: AsyncSession) -> int:
    """Return how many webhooks the organization has."""
    return (await session.scalars(select(func.count()).select_from(Webhook))).one()


async def list_webhooks(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[Webhook]:
    """Return the organization's webhooks in order of their ids."""
    query = select(Webhook).order_by(Webhook.webhook_id).limit(limit)
    if after is not None:
        query = query.where(Webhook.webhook_id > after)
    return (await session.scalars(query)).all()


async def list_subscribed_webhooks(session: AsyncSession, event_type: str) -> Sequence[UUID]:
    """Return the ids of the enabled webhooks that want events of this type, in their order."""
    wanted = or_(
        func.cardinality(Webhook.event_types) == 0, Webhook.event_types.contains([event_type])
    )
    query = select(Webhook.webhook_id).where(Webhook.state == "enabled", wanted)
    return (await session.scalars(query.order_by(Webhook.webhook_id))).all()


async def delete_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """Delete the webhook with its deliveries, or raise NotFoundError."""
    deleted = await session.execute(
        delete(Webhook).where(Webhook.webhook_id == webhook_id).returning(Webhook.webhook_id)
    )
    if deleted.one_or_none() is None:
        raise NotFoundError("There is no such webhook.")
