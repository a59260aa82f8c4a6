"""A slow road to a server: every byte takes its time each way, and each request is written down."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE|OPTIONS|PATCH) (\S+) HTTP/1\.1\r\n")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_CHUNK = 65_536


@dataclass(slots=True)
class SlowRoad:
    """Where the road begins, and what went along it: method, target and status of each request."""

    url: str
    log: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Travellers:
    """The requests of one connection that are not answered yet."""

    road: SlowRoad
    waiting: list[tuple[str, str]] = field(default_factory=list)

    def see_request(self, chunk: bytes) -> None:
        found = _REQUEST.match(chunk)
        if found is not None:
            self.waiting.append((found[1].decode(), found[2].decode()))

    def see_answer(self, chunk: bytes) -> None:
        found = _STATUS.match(chunk)
        if found is not None and self.waiting:
            self.road.log.append((*self.waiting.pop(0), int(found[1])))


@asynccontextmanager
async def slow_road(endpoint: str, round_trip: timedelta) -> AsyncIterator[SlowRoad]:
    """Open a road to an http endpoint. Clients keep to one request at a time on a connection."""
    parts = urlsplit(endpoint)
    delay = round_trip.total_seconds() / 2
    road = SlowRoad("")
    ends: set[asyncio.StreamWriter] = set()
    gone = asyncio.Event()
    gone.set()

    async def travel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port)
        both = {writer, far_writer}
        ends.update(both)
        gone.clear()
        seen = _Travellers(road)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry(reader, far_writer, delay, seen.see_request))
                group.create_task(_carry(far_reader, writer, delay, seen.see_answer))
        finally:
            for end in both:
                end.close()
            ends.difference_update(both)
            if not ends:
                gone.set()

    server = await asyncio.start_server(travel, "127.0.0.1", 0)
    road.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield road
        for end in list(ends):
            end.close()
        await gone.wait()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    delay: float,
    see: Callable[[bytes], None],
) -> None:
    """Let every chunk arrive after the delay, in its order, while later ones are on their way."""
    road: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def arrive() -> None:
        while True:
            at, chunk = await road.get()
            await asyncio.sleep(max(0.0, at - loop.time()))
            if not chunk:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    try:
        while True:
            chunk = await reader.read(_CHUNK)
            see(chunk)
            road.put_nowait((loop.time() + delay, chunk))
            if not chunk:
                break
        await arriving
    except ConnectionError:
        writer.close()
    finally:
        arriving.cancel()
