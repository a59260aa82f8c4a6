"""Idempotency keys: the first answer to a POST, for those who ask again."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import LargeBinary, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table

KEPT_FOR = timedelta(hours=24)  # as long as Stripe's, which clients know
RUNNING_FOR = timedelta(minutes=2)  # longer than any request; then its process died


class IdempotencyKey(Table):
    """A reservation while `answer` is None, then the sealed answer."""

    __tablename__ = "idempotency_key"

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


async def reserve_key(
    session: AsyncSession, *, org_id: UUID, route: str, key: str, request_hash: bytes, now: datetime
) -> IdempotencyKey | None:
    """Reserve the key and return None, or return the row of whoever reserved it before."""
    stale = delete(IdempotencyKey).where(
        IdempotencyKey.org_id == org_id,
        (IdempotencyKey.created_at < now - KEPT_FOR)
        | (IdempotencyKey.answer.is_(None) & (IdempotencyKey.created_at < now - RUNNING_FOR)),
    )
    await session.execute(stale)
    reserved = await session.execute(
        insert(IdempotencyKey)
        .values(org_id=org_id, route=route, key=key, request_hash=request_hash, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if reserved.one_or_none() is not None:
        return None
    return await session.get(IdempotencyKey, (org_id, route, key))


async def store_answer(
    session: AsyncSession, *, org_id: UUID, route: str, key: str, answer: bytes
) -> None:
    """Keep the sealed answer of a reserved key."""
    row = await session.get(IdempotencyKey, (org_id, route, key))
    if row is not None:
        row.answer = answer


async def release_key(session: AsyncSession, *, org_id: UUID, route: str, key: str) -> None:
    """Forget a reservation whose request did not succeed, so that it can be tried again."""
    await session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.org_id == org_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
            IdempotencyKey.answer.is_(None),
        )
    )
