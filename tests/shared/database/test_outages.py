"""Outages: a clear error while Postgres is gone, and work when it is back."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from deploy.local.ports import free_port
from deploy.local.postgres import start_postgres
from shared.database.session import NO_ORG, Database
from shared.errors import DatabaseUnavailableError

AT_ONCE = timedelta()


@pytest.fixture
def server_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mooring-postgres-") as name:
        Path(name).chmod(0o711)  # the server's user must get through to its files
        yield Path(name)


async def test_work_stops_with_a_clear_error_when_postgres_does_and_goes_on_when_it_is_back(
    server_directory: Path,
) -> None:
    directory, port = server_directory, free_port()
    with start_postgres(directory, port=port, durable=False) as server:
        database = Database(SecretStr(server.app_url()))
        await database.ping()
        begun, stopped = asyncio.Barrier(3), asyncio.Event()

        async def wait_for_a_query() -> None:
            async with database.begin(NO_ORG) as session:
                await begun.wait()
                await session.execute(text("SELECT pg_sleep(60)"))

        async def query_too_late() -> None:
            async with database.begin(NO_ORG) as session:
                await begun.wait()
                await stopped.wait()
                await session.execute(text("SELECT 1"))

        working = [asyncio.create_task(each()) for each in (wait_for_a_query, query_too_late)]
        await begun.wait()
    stopped.set()
    for work in working:
        with pytest.raises(DatabaseUnavailableError):
            await work
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError):
            await database.ping()
    with pytest.raises(DatabaseUnavailableError):
        await database.start(patience=AT_ONCE)
    with capture_logs() as events:
        waiting = asyncio.create_task(database.start())
        while not events:  # noqa: ASYNC110 (the log is a list)
            await asyncio.sleep(0.001)
        with start_postgres(directory, port=port, durable=False):
            await waiting
            await database.ping()
            await database.close()
    assert [event["event"] for event in events] == ["waiting for the database"]


class Cut:
    """A transaction whose connection is cut at some moment."""

    def __init__(self, database: Database, own_superuser: psycopg.Connection) -> None:
        self._database = database
        self._superuser = own_superuser

    async def before_a_query(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await self._cut(session)
            await session.execute(text("SELECT 1"))

    async def before_the_commit(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await self._cut(session)

    async def during_a_query(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async def before_a_copy(self) -> None:
        """COPY goes around SQLAlchemy: its errors are the driver's own."""
        async with self._database.begin(NO_ORG) as session:
            await session.execute(text("CREATE TEMPORARY TABLE staging (n int)"))
            raw = await (await session.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            await self._cut(session)
            await raw.driver_connection.copy_records_to_table("staging", records=[(1,)])

    async def _cut(self, session: AsyncSession) -> None:
        process = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        self._superuser.execute(b"SELECT pg_terminate_backend(%s, 5000)", [process])


@pytest.mark.parametrize(
    "moment", [Cut.before_a_query, Cut.before_the_commit, Cut.during_a_query, Cut.before_a_copy]
)
async def test_a_connection_that_is_cut_is_a_database_that_is_gone(
    own_database: Database,
    own_superuser: psycopg.Connection,
    moment: Callable[[Cut], Awaitable[None]],
) -> None:
    with pytest.raises(DatabaseUnavailableError):
        await moment(Cut(own_database, own_superuser))
    await own_database.ping()


async def test_too_many_connections_are_a_database_that_is_not_there(
    own_database_url: SecretStr, own_superuser: psycopg.Connection, own_name: str
) -> None:
    own_superuser.execute(f"ALTER DATABASE {own_name} CONNECTION LIMIT 0".encode())
    database = Database(own_database_url)
    with pytest.raises(DatabaseUnavailableError):
        await database.ping()
    await database.close()


async def test_a_wrong_password_is_no_outage_to_wait_for(own_database_url: SecretStr) -> None:
    url = own_database_url.get_secret_value()
    database = Database(SecretStr(url.replace("mooring_app:", "mooring_app:wrong")))
    with pytest.raises(Exception, match="password authentication failed"):
        await database.start()
    await database.close()


async def test_a_url_may_hold_what_managed_databases_want(own_database_url: SecretStr) -> None:
    for mode, works in (("prefer", True), ("require", False)):
        database = Database(SecretStr(f"{own_database_url.get_secret_value()}?sslmode={mode}"))
        with nullcontext() if works else pytest.raises(DatabaseUnavailableError):
            await database.ping()
        await database.close()
