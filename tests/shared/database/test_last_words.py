"""Last words: a Postgres that ends a connection says so first, and is then a database gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from shared.database.session import NO_ORG, Database
from shared.errors import DatabaseUnavailableError

_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"
LAST_WORDS = b"E" + (len(_FIELDS) + 4).to_bytes(4, "big") + _FIELDS
ONE = text("SELECT 1")


class Herald:
    """A TCP proxy to Postgres that puts its last words in the open connections, and no end."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._clients: list[asyncio.StreamWriter] = []

    async def say_last_words(self) -> None:
        for client in self._clients:
            client.write(LAST_WORDS)
            await client.drain()
        self._clients.clear()
        for _ in range(100):  # the driver, in this very loop, reads them
            await asyncio.sleep(0)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.append(writer)
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        with closing(writer), closing(far_writer):
            await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while raw := await reader.read(65_536):
        writer.write(raw)
    writer.close()


@pytest.fixture
async def herald_and_database(database_url: SecretStr) -> AsyncIterator[tuple[Herald, Database]]:
    target = make_url(database_url.get_secret_value())
    assert target.host is not None
    assert target.port is not None
    herald = Herald(target.host, target.port)
    async with await asyncio.start_server(herald.carry, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        through = target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        database = Database(SecretStr(through))
        await database.ping()
        yield herald, database
        await database.close()


async def test_a_connection_that_has_said_its_last_words_is_replaced(
    herald_and_database: tuple[Herald, Database],
) -> None:
    herald, database = herald_and_database
    await herald.say_last_words()
    await database.ping()


async def test_a_transaction_ends_with_the_last_words_of_its_connection(
    herald_and_database: tuple[Herald, Database],
) -> None:
    herald, database = herald_and_database

    async def transact() -> None:
        async with database.begin(NO_ORG) as session:
            await herald.say_last_words()
            await session.execute(ONE)

    with pytest.raises(DatabaseUnavailableError):
        await transact()
    await database.ping()
