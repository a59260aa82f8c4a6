"""Idempotency keys: the first answer to a POST, for those who ask again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Index, LargeBinary, and_, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Table

KEPT_FOR = timedelta(hours=24)  # as long as Stripe's, which clients know
RUNNING_FOR = timedelta(minutes=2)  # longer than any request; then its process died


class IdempotencyKey(Table):
    """A reservation while `answer` is None, then the sealed answer. `route` is a digest."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("idempotency_key_org_id_created_at_idx", "org_id", "created_at"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Reservation:
    """One request's hold on a key. `made_at` tells it from one that took the key over later."""

    org_id: UUID
    route: str
    key: str
    made_at: datetime


async def reserve_key(
    session: AsyncSession, wanted: Reservation, request_hash: bytes
) -> IdempotencyKey | None:
    """Reserve the key and return None, or return the row of whoever reserved it before.

    Two requests at once meet in the INSERT: the second waits there for the first one's commit. The
    row that it then looks for may be gone again, released: then the key is free after all.
    """
    expired = IdempotencyKey.created_at < wanted.made_at - KEPT_FOR
    abandoned = and_(
        IdempotencyKey.route == wanted.route,
        IdempotencyKey.key == wanted.key,
        IdempotencyKey.answer.is_(None),
        IdempotencyKey.created_at < wanted.made_at - RUNNING_FOR,
    )
    await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.org_id == wanted.org_id, expired | abandoned)
    )
    while True:
        reserved = await session.execute(
            insert(IdempotencyKey)
            .values(
                org_id=wanted.org_id,
                route=wanted.route,
                key=wanted.key,
                request_hash=request_hash,
                created_at=wanted.made_at,
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
        if reserved.one_or_none() is not None:
            return None
        found = await session.get(IdempotencyKey, (wanted.org_id, wanted.route, wanted.key))
        if found is not None:
            return found


async def store_answer(session: AsyncSession, held: Reservation, answer: bytes) -> None:
    """Keep the sealed answer, unless another request took the key over meanwhile."""
    await session.execute(update(IdempotencyKey).where(_is(held)).values(answer=answer))


async def release_key(session: AsyncSession, held: Reservation) -> None:
    """Forget the reservation of a request that did not succeed, so that it can be tried again."""
    await session.execute(delete(IdempotencyKey).where(_is(held)))


def _is(held: Reservation) -> ColumnElement[bool]:
    return and_(
        IdempotencyKey.org_id == held.org_id,
        IdempotencyKey.route == held.route,
        IdempotencyKey.key == held.key,
        IdempotencyKey.created_at == held.made_at,
        IdempotencyKey.answer.is_(None),
    )
