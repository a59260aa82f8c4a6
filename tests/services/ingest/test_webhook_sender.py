"""The webhook sender, against real servers: what counts as an answer, and where it never goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from deploy.local.ports import free_port
from services.ingest.webhook_sender import Answer, WebhookSender
from shared.egress import EgressGuard
from tests.services.ingest.receivers import Handle, receiving

ON_PREMISES = EgressGuard(allow_private=True)
PUBLIC = EgressGuard(allow_private=False)
SHORT = timedelta(milliseconds=300)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(serve: Serve) -> AsyncIterator[str]:
    """Run a server that need not speak HTTP."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@asynccontextmanager
async def sending(
    egress: EgressGuard = ON_PREMISES, longest: timedelta = timedelta(seconds=15)
) -> AsyncIterator[WebhookSender]:
    sender = WebhookSender(egress, longest=longest)
    try:
        yield sender
    finally:
        await sender.close()


async def send(url: str, egress: EgressGuard = ON_PREMISES) -> Answer:
    async with sending(egress) as sender:
        return await sender.send(url, {"webhook-id": "1"}, b"{}")


def answering(status: int, headers: dict[str, str] | None = None) -> Handle:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return handle


async def test_a_message_arrives_as_it_was_given() -> None:
    seen: list[object] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append((request.method, request.path_qs, await request.read()))
        names = ("webhook-id", "content-type", "user-agent")
        seen.append(tuple(request.headers[name] for name in names))
        return web.Response()

    async with receiving(handle) as url:
        assert await send(url) == Answer(200)
    assert seen == [
        ("POST", "/hooks?to=a", b"{}"),
        ("1", "application/json", "Mooring-Webhooks"),
    ]


@pytest.mark.parametrize("status", [200, 201, 204, 301, 308, 400, 404, 410, 429, 500, 503])
async def test_the_status_is_the_answer(status: int) -> None:
    async with receiving(answering(status)) as url:
        answer = await send(url)
    assert answer == Answer(status)
    assert (answer.is_taken, answer.is_unwanted) == (200 <= status < 300, status == 410)


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("7", timedelta(seconds=7)),
        ("999999999999999999", timedelta(days=1)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", timedelta()),
        ("-1", timedelta()),
        ("\u0663", timedelta()),
    ],
)
async def test_the_pause_that_a_receiver_asks_for_is_told(
    asked: str, understood: timedelta
) -> None:
    async with receiving(answering(429, {"Retry-After": asked})) as url:
        assert await send(url) == Answer(429, retry_after=understood)


async def test_a_redirect_is_not_followed() -> None:
    seen = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with receiving(handle) as url:
        assert await send(url) == Answer(307)
    assert seen == ["/hooks"]


async def test_a_cookie_is_not_sent_back() -> None:
    seen = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie"))
        answer = web.Response()
        answer.set_cookie("who", "somebody")
        return answer

    async with receiving(handle) as url, sending() as sender:
        for _ in range(2):
            await sender.send(url, {}, b"")
    assert seen == [None, None]


async def test_an_endless_body_is_not_waited_for() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65_536)

    async with receiving(handle) as url:
        assert await send(url) == Answer(200)


async def test_a_receiver_that_does_not_answer_in_time_is_given_up() -> None:
    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with speaking(be_silent) as url, sending(longest=SHORT) as sender:
        assert await sender.send(url, {}, b"{}") == Answer(code="timeout")


async def test_a_receiver_that_answers_a_byte_at_a_time_is_given_up() -> None:
    async def dribble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(SHORT.total_seconds() / 10)
        except ConnectionError:
            writer.close()

    async with speaking(dribble) as url, sending(longest=SHORT) as sender:
        assert await sender.send(url, {}, b"{}") == Answer(code="timeout")


async def test_what_is_no_http_is_no_answer() -> None:
    async def mumble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n\r\n")
        writer.close()

    async with speaking(mumble) as url:
        assert await send(url) == Answer(code="no-answer")


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-name.invalid"])
async def test_where_nobody_listens_nothing_is_connected(host: str) -> None:
    assert await send(f"http://{host}:{free_port()}/") == Answer(code="connect-failed")


async def test_a_certificate_that_does_not_hold_is_not_accepted() -> None:
    async with receiving(answering(200)) as url:  # it speaks no TLS at all
        assert await send(url.replace("http:", "https:")) == Answer(code="connect-failed")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_private_address_is_not_called(host: str, scheme: str) -> None:
    called = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(1)
        writer.close()

    async with speaking(note) as url:
        place = url.replace("http:", f"{scheme}:").replace("127.0.0.1", host)
        assert await send(place, PUBLIC) == Answer(code="not-allowed")
    assert called == []
