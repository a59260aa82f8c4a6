"""Idempotency keys in the table: who reserves, who waits, who takes over."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.idempotency_keys import (
    IdempotencyKey,
    Reservation,
    release_key,
    reserve_key,
    store_answer,
)
from shared.database.session import Database
from tests.conftest import NOW
from tests.shared.database.waiting import until_somebody_waits

HASH = b"h" * 32


def reservation(org_id: UUID, *, later: timedelta = timedelta()) -> Reservation:
    return Reservation(org_id, route="r", key="k", made_at=NOW + later)


async def reserve(database: Database, wanted: Reservation) -> IdempotencyKey | None:
    async with database.begin(wanted.org_id) as session:
        return await reserve_key(session, wanted, HASH)


async def test_a_second_reservation_waits_for_the_first_and_finds_it(database: Database) -> None:
    org_id = uuid4()
    async with database.begin(org_id) as session:
        assert await reserve_key(session, reservation(org_id), HASH) is None
        second = asyncio.create_task(reserve(database, reservation(org_id)))
        await until_somebody_waits(database)
    found = await second
    assert found is not None
    assert (found.request_hash, found.answer) == (HASH, None)


async def test_a_reservation_that_is_released_while_another_looks_for_it_is_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id = uuid4()
    first, second = reservation(org_id), reservation(org_id, later=timedelta(seconds=1))
    assert await reserve(database, first) is None
    look = AsyncSession.get

    async def release_then_look(session: AsyncSession, *what: object) -> object:
        monkeypatch.undo()
        async with database.begin(org_id) as other:
            await release_key(other, first)
        return await look(session, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(AsyncSession, "get", release_then_look)
    assert await reserve(database, second) is None
    found = await reserve(database, first)
    assert found is not None
    assert found.created_at == second.made_at


async def test_only_the_reservation_that_holds_the_key_settles_it(database: Database) -> None:
    org_id = uuid4()
    lost, held = reservation(org_id), reservation(org_id, later=timedelta(minutes=3))
    await reserve(database, lost)
    await reserve(database, held)
    async with database.begin(org_id) as session:
        await store_answer(session, lost, b"lost")
        await release_key(session, lost)
    async with database.begin(org_id) as session:
        await store_answer(session, held, b"held")
        await release_key(session, held)
    found = await reserve(database, held)
    assert found is not None
    assert found.answer == b"held"


async def test_old_answers_of_the_organization_are_swept_away(database: Database) -> None:
    org_id = uuid4()
    old = Reservation(org_id, route="r", key="old", made_at=NOW)
    await reserve(database, old)
    async with database.begin(org_id) as session:
        await store_answer(session, old, b"answer")
    await reserve(database, reservation(org_id, later=timedelta(hours=24, seconds=1)))
    async with database.begin(org_id) as session:
        assert await session.get(IdempotencyKey, (org_id, "r", "old")) is None
