"""A server that answers with the very headers that a table says, and one that serves a page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

Headers = Sequence[tuple[str, str]]

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b"
)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: its status, and its headers line by line."""

    status: int = 200
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a server says to a preflight, to a read with `Origin`, and to one without."""

    read: Given
    preflight: Given = field(default_factory=Given)
    plain: Given = field(default_factory=Given)


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server listens."""

    port: int

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"


@asynccontextmanager
async def serving_page() -> AsyncIterator[Served]:
    """Serve an empty page at every path."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>A page</title>", content_type="text/html")

    async with _serving(answer) as served:
        yield served


@asynccontextmanager
async def serving_answers(table: Mapping[str, Answers]) -> AsyncIterator[Served]:
    """Serve one pixel below `/NAME/`, with the headers that are given for the name.

    Everywhere else is refused, as a signature is at another address.
    """

    async def answer(request: web.Request) -> web.Response:
        answers = table.get(request.path.split("/")[1])
        if answers is None:
            return web.Response(status=403)
        if request.method == "OPTIONS":
            return _response(answers.preflight, b"")
        given = answers.read if "Origin" in request.headers else answers.plain
        return _response(given, PIXEL)

    async with _serving(answer) as served:
        yield served


def _response(given: Given, body: bytes) -> web.Response:
    headers = CIMultiDict([("Content-Type", "image/gif"), *given.headers])
    return web.Response(status=given.status, headers=headers, body=body)


@asynccontextmanager
async def _serving(answer: object) -> AsyncIterator[Served]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)  # type: ignore[arg-type] # a handler
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Served(runner.addresses[0][1])
    finally:
        await runner.cleanup()
