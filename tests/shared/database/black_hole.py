"""A way to Postgres that turns into a black hole: open, and nothing comes through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

from pydantic import SecretStr
from sqlalchemy import make_url


class BlackHole:
    """A TCP proxy. While it is `dark` it takes connections and bytes, and passes nothing on."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._light = asyncio.Event()
        self._light.set()
        self._open: set[asyncio.Task[None]] = set()
        self.connections = 0

    def darken(self) -> None:
        self._light.clear()

    def lighten(self) -> None:
        self._light.set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._carry(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def stop(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            await self._light.wait()
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            with closing(far_writer):
                await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while raw := await reader.read(65_536):
                await self._light.wait()
                writer.write(raw)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def black_hole_before(url: SecretStr) -> AsyncIterator[tuple[BlackHole, SecretStr]]:
    """Yield the proxy and the URL that leads through it."""
    target = make_url(url.get_secret_value())
    assert target.host is not None
    assert target.port is not None
    hole = BlackHole(target.host, target.port)
    server = await asyncio.start_server(hole.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    through = target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    try:
        yield hole, SecretStr(through)
    finally:
        server.close()
        await hole.stop()
