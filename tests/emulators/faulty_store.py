"""An S3 that lists, and fails as it is told: a layer in front of any server of listings.

    async with faulty_store(ListingServer(keys).list_objects) as store:
        store.fail(slow_down(), after_pages=3)
        store.recover()

A fault is asked at each listing with the true page, and answers in its place, or lets it pass by
returning None. Pages count from the beginning of the store.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.emulators.listing_server import serve

Fault = Callable[[web.Request, bytes], Awaitable[web.StreamResponse | None]]
List = Callable[[web.Request], Awaitable[web.Response]]

SESSION = "x-amz-security-token"
_XML = "application/xml"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time


@dataclass
class FaultyStore:
    """What the layer was told to do, and what it has done.

    `pages` were given whole and `spoiled` were not; `asked` are the queries, `sessions` the tokens
    of the leases that came.
    """

    list_objects: List
    endpoint: str = ""
    pages: int = 0
    spoiled: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    _fault: Fault | None = None
    _from_page: int = 0
    _times: int | None = None

    def fail(self, fault: Fault, *, after_pages: int = 0, times: int | None = None) -> None:
        """Answer with the fault from a page on, so many times or until `recover`."""
        self._fault, self._from_page, self._times = fault, after_pages, times

    def recover(self) -> None:
        self._fault = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer GET /{bucket}?list-type=2."""
        self.asked.append(dict(request.query))
        if (session := request.headers.get(SESSION, "")) not in self.sessions:
            self.sessions.append(session)
        page = await self.list_objects(request)
        assert isinstance(page.body, bytes)
        if self._fault is not None and self.pages >= self._from_page and self._times != 0:
            spoiled = await self._fault(request, page.body)
            if spoiled is not None:
                self.spoiled += 1
                self._times = None if self._times is None else self._times - 1
                return spoiled
        self.pages += 1
        return page


@asynccontextmanager
async def faulty_store(list_objects: List) -> AsyncIterator[FaultyStore]:
    """Serve on a free port of the loopback, in the running event loop."""
    store = FaultyStore(list_objects)
    application = web.Application()
    application.router.add_get("/{bucket}", store.answer)
    async with serve(application) as store.endpoint:
        yield store


# --- faults ---------------------------------------------------------------------------------------


def refuse(
    status: int, code: str, inside: str = "", headers: dict[str, str] | None = None
) -> Fault:
    """Refuse with a code, as S3's error responses do."""
    body = f"<Error><Code>{code}</Code><Message>no</Message>{inside}</Error>".encode()

    async def answer(_request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=status, body=body, content_type=_XML, headers=headers)

    return answer


def slow_down(retry_after: str | None = None) -> Fault:
    headers = None if retry_after is None else {"Retry-After": retry_after}
    return refuse(503, "SlowDown", headers=headers)


def expire(session: str, status: int) -> Fault:
    """Refuse one session, as when its role was changed; others pass."""
    refusal = refuse(status, "ExpiredToken")

    async def answer(request: web.Request, page: bytes) -> web.StreamResponse | None:
        return await refusal(request, page) if request.headers[SESSION] == session else None

    return answer


def rewrite(change: Callable[[bytes], bytes]) -> Fault:
    """Answer 200, a true length, and what is made of the page."""

    async def answer(_request: web.Request, page: bytes) -> web.Response:
        return web.Response(body=change(page), content_type=_XML)

    return answer


async def reset(request: web.Request, page: bytes) -> web.StreamResponse:
    """Send half of the page, then reset the connection."""
    half = await _send_half(request, page)
    assert request.transport is not None
    connection: socket.socket = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    request.transport.abort()
    return half


async def cut_off(request: web.Request, page: bytes) -> web.StreamResponse:
    """Promise the page, send half of it, then close the connection in order."""
    half = await _send_half(request, page)
    assert request.transport is not None
    request.transport.close()
    return half


async def _send_half(request: web.Request, page: bytes) -> web.StreamResponse:
    half = web.StreamResponse(headers={"Content-Type": _XML, "Content-Length": str(len(page))})
    await half.prepare(request)
    await half.write(page[: len(page) // 2])
    return half


class Hold:
    """Let pages wait at a gate, and tell when one does."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self, _request: web.Request, _page: bytes) -> None:
        self.reached.set()
        await self.gate.wait()
