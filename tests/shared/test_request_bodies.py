"""Request bodies: whole or not at all, and limited, however they are sent."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from shared.errors import InvalidInputError, RequestTooLargeError
from shared.request_bodies import LARGEST_BODY, STREAMED, RequestBodyMiddleware, stream_body
from tests.shared.sample import PROBLEM, Sample

TOO_LARGE = {
    "type": "urn:mooring:problem:request-too-large",
    "title": "The request is too large",
    "status": 413,
    "detail": "A request has at most 16777216 bytes.",
    "code": "request-too-large",
    "who": "caller",
}
JSON = {"Content-Type": "application/json"}


class Echo:
    """An application that keeps what it received."""

    def __init__(self) -> None:
        self.received: list[Message] = []

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        self.received += [await receive(), await receive()]


def scope_of(length: int | None = None) -> Scope:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "method": "POST", "path": "/", "headers": headers}


def receiving(*messages: Message) -> Receive:
    waiting: Iterator[Message] = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    return receive


async def send_nothing(_message: Message) -> None:
    pytest.fail("there is nothing to send")


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


HUNG_UP: Message = {"type": "http.disconnect"}


async def test_the_application_gets_the_whole_body_and_then_hears_of_the_caller() -> None:
    echo = Echo()
    middleware = RequestBodyMiddleware(echo, largest=6)
    await middleware(
        scope_of(), receiving(chunk(b"abc"), chunk(b"def", more=False), HUNG_UP), send_nothing
    )
    assert echo.received == [chunk(b"abcdef", more=False), HUNG_UP]


async def test_half_a_body_never_runs() -> None:
    echo = Echo()
    await RequestBodyMiddleware(echo)(scope_of(), receiving(chunk(b"{}"), HUNG_UP), send_nothing)
    assert echo.received == []


async def test_a_body_is_refused_as_soon_as_it_is_too_large() -> None:
    middleware = RequestBodyMiddleware(Echo(), largest=5)
    for scope, messages in (
        (scope_of(6), []),
        (scope_of(), [chunk(b"abc"), chunk(b"def")]),
        (scope_of(1), [chunk(b"abc"), chunk(b"def")]),
    ):
        with pytest.raises(RequestTooLargeError):
            await middleware(scope, receiving(*messages), send_nothing)


async def test_what_is_no_http_passes_through() -> None:
    echo = Echo()
    lifespan: Scope = {"type": "lifespan"}
    await RequestBodyMiddleware(echo)(lifespan, receiving(HUNG_UP, HUNG_UP), send_nothing)
    assert echo.received == [HUNG_UP, HUNG_UP]


async def test_a_body_that_is_streamed_is_left_to_the_application() -> None:
    echo = Echo()
    middleware = RequestBodyMiddleware(echo, largest=2, streamed={"/"})
    scope = scope_of(6)
    messages = [chunk(b"abc"), chunk(b"def", more=False)]
    await middleware(scope, receiving(*messages), send_nothing)
    assert echo.received == messages
    assert scope[STREAMED] is True


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/"), ("POST", "/another")])
async def test_only_a_post_to_its_path_is_streamed(method: str, path: str) -> None:
    middleware = RequestBodyMiddleware(Echo(), largest=5, streamed={"/"})
    with pytest.raises(RequestTooLargeError):
        await middleware({**scope_of(6), "method": method, "path": path}, receiving(), send_nothing)


async def test_a_streamed_body_comes_piece_by_piece() -> None:
    waiting = receiving(chunk(b"abc"), chunk(b""), chunk(b"def", more=False), HUNG_UP)
    body = stream_body(scope_of(), waiting, largest=6)
    assert await anext(body) == b"abc"
    assert [piece async for piece in body] == [b"", b"def"]
    assert await waiting() == HUNG_UP


async def test_a_streamed_body_is_refused_as_soon_as_it_is_too_large() -> None:
    announced = stream_body(scope_of(6), receiving(), largest=5)
    with pytest.raises(RequestTooLargeError):
        await anext(announced)
    silent = stream_body(scope_of(), receiving(chunk(b"abc"), chunk(b"def")), largest=5)
    assert await anext(silent) == b"abc"
    with pytest.raises(RequestTooLargeError):
        await anext(silent)


async def test_half_a_streamed_body_ends_with_an_error() -> None:
    body = stream_body(scope_of(6), receiving(chunk(b"abc"), HUNG_UP), largest=6)
    assert await anext(body) == b"abc"
    with pytest.raises(InvalidInputError):
        await anext(body)


async def test_a_service_refuses_a_large_body_announced_or_not(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * (LARGEST_BODY // 16)

    for content in (b" " * (LARGEST_BODY + 1), chunks()):
        answer = await caller.post("/v1/things", content=content, headers=JSON)
        problem = answer.json()
        assert problem.pop("request_id") == answer.headers["x-request-id"]
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert problem == TOO_LARGE
    assert sample.stage.runs == 0


async def test_a_service_reads_a_body_of_exactly_the_limit(caller: httpx.AsyncClient) -> None:
    content = b"{}" + b" " * (LARGEST_BODY - 2)
    answer = await caller.post("/v1/things", content=content, headers=JSON)
    assert answer.status_code == 201
