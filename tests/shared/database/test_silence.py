"""Silence: a Postgres that stops answering, and closes nothing, is soon a database that is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from shared.database.asset_merge import Staged, stage_objects
from shared.database.session import NO_ORG, Database
from shared.errors import DatabaseUnavailableError
from tests.conftest import NOW
from tests.shared.database.black_hole import BlackHole, black_hole_before

SOON = timedelta(seconds=20)  # of a loaded machine, where each wait is a second
WAIT_SECONDS = 1.0
ONE = text("SELECT 1")


@pytest.fixture(autouse=True)
def _haste(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CONNECT_SECONDS", "_ANSWER_SECONDS", "_POOL_SECONDS", "_PING_SECONDS"):
        monkeypatch.setattr(f"shared.database.session.{name}", WAIT_SECONDS)


@pytest.fixture
async def hole_and_url(database_url: SecretStr) -> AsyncIterator[tuple[BlackHole, SecretStr]]:
    async with black_hole_before(database_url) as found:
        yield found


@pytest.fixture
def hole(hole_and_url: tuple[BlackHole, SecretStr]) -> BlackHole:
    return hole_and_url[0]


@pytest.fixture
async def far(hole_and_url: tuple[BlackHole, SecretStr]) -> AsyncIterator[Database]:
    """The database behind the hole, with a connection in the pool."""
    database = Database(
        hole_and_url[1], pool_size=1, longest_transaction=timedelta(milliseconds=1500)
    )
    await database.start()  # with patience: this is not yet what is tested
    yield database
    await database.close()


class Fall:
    """A transaction during which the light goes out, at some moment."""

    def __init__(self, database: Database, hole: BlackHole) -> None:
        self._database = database
        self._hole = hole

    async def before_it(self) -> None:
        self._hole.darken()
        async with self._database.begin(NO_ORG):
            pytest.fail("the database is silent")

    async def before_a_query(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            self._hole.darken()
            await session.execute(ONE)

    async def before_a_copy(self) -> None:
        row: Staged = ("a", 1, "", NOW, "STANDARD", None, "available", True)
        async with self._database.begin(NO_ORG) as session:
            await stage_objects(session, [])
            self._hole.darken()
            await stage_objects(session, [row])

    async def before_the_commit(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await session.execute(ONE)
            self._hole.darken()

    async def before_the_rollback(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await session.execute(ONE)
            self._hole.darken()
            raise ValueError

    async def before_a_ping(self) -> None:
        self._hole.darken()
        await self._database.ping()

    async def before_the_start(self) -> None:
        self._hole.darken()
        await self._database.start(patience=timedelta())


MOMENTS = [
    Fall.before_it,
    Fall.before_a_query,
    Fall.before_a_copy,
    Fall.before_the_commit,
    Fall.before_the_rollback,
    Fall.before_a_ping,
    Fall.before_the_start,
]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_database_that_falls_silent_is_soon_one_that_is_gone(
    far: Database, hole: BlackHole, moment: Callable[[Fall], Awaitable[None]]
) -> None:
    async with asyncio.timeout(SOON.total_seconds()):
        with pytest.raises(DatabaseUnavailableError):
            await moment(Fall(far, hole))
        with pytest.raises(DatabaseUnavailableError):
            await far.ping()
    hole.lighten()
    await far.ping()


async def test_a_silent_database_keeps_nobody_waiting_for_a_connection(
    far: Database, hole: BlackHole
) -> None:
    hole.darken()

    async def work() -> None:
        async with far.begin(NO_ORG) as session:
            await session.execute(ONE)

    async with asyncio.timeout(SOON.total_seconds()):
        ends = await asyncio.gather(*(work() for _ in range(20)), return_exceptions=True)
    assert {type(end) for end in ends} == {DatabaseUnavailableError}


async def test_a_connection_that_fell_silent_alone_is_replaced(
    far: Database, hole: BlackHole
) -> None:
    async def work() -> None:
        async with far.begin(NO_ORG) as session:
            await session.execute(ONE)

    hole.darken()
    waiting = asyncio.create_task(work())
    before = hole.connections
    while hole.connections == before:  # noqa: ASYNC110 (it comes by TCP)
        await asyncio.sleep(0.001)
    hole.lighten()
    await waiting


async def test_a_transaction_that_takes_too_long_ends_here_and_at_the_server(
    far: Database,
) -> None:
    async with far.begin(NO_ORG) as session:
        limit = await session.scalar(text("SELECT current_setting('transaction_timeout')"))
    assert limit == "6500ms"
    async with asyncio.timeout(SOON.total_seconds()):
        with pytest.raises(DatabaseUnavailableError):
            async with far.begin(NO_ORG) as session:
                await session.execute(text("SELECT pg_sleep(60)"))
    await far.ping()


async def test_the_time_of_a_transaction_does_not_follow_its_connection(far: Database) -> None:
    for _ in range(3):
        await asyncio.sleep(0.6)
        async with far.begin(NO_ORG) as session:
            process = await session.scalar(text("SELECT pg_backend_pid()"))
    async with far.begin(NO_ORG) as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) == process
