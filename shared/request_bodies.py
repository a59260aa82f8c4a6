"""Request bodies: read whole before anything runs, and never more than we want to hold.

Few paths take more than that. Their bodies are not read here: the route asks for the next piece of
one when it has done with the last, after it has let the caller in.
"""

from collections.abc import AsyncIterator, Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import InvalidInputError, RequestTooLargeError

STREAMED = "mooring.streamed"
"""Marks the scope of a request whose body has not been read."""

LARGEST_BODY = 16 * 1024 * 1024  # 10,000 URIs of the longest keys are 11 MiB


class RequestBodyMiddleware:
    """Give the application the whole body at once; one that was not sent whole never arrives.

    Raise RequestTooLargeError as soon as a body is announced, or turns out, to be too large. A POST
    to one of the `streamed` paths is passed on as it is, its scope marked with STREAMED.
    """

    def __init__(
        self, app: ASGIApp, *, largest: int = LARGEST_BODY, streamed: Collection[str] = ()
    ) -> None:
        self._app = app
        self._largest = largest
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, unless its sender hung up before the end of the body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST" and scope["path"] in self._streamed:
            scope[STREAMED] = True
            await self._app(scope, receive, send)
            return
        _check(_announced(scope), self._largest)
        body = await self._read(receive)
        if body is not None:
            await self._app(scope, replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            _check(len(body), self._largest)
            if not message.get("more_body", False):
                return bytes(body)


def _check(size: int, largest: int) -> None:
    if size > largest:
        raise RequestTooLargeError(f"A request has at most {largest} bytes.")


async def stream_body(scope: Scope, receive: Receive, *, largest: int) -> AsyncIterator[bytes]:
    """Yield a body of at most `largest` bytes as it comes; the sender waits while we do not ask.

    Raise RequestTooLargeError as RequestBodyMiddleware does, and InvalidInputError when the sender
    hangs up before the end.
    """
    _check(_announced(scope), largest)
    size = 0
    is_more = True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidInputError("The body ended before it was whole.", field="body")
        piece: bytes = message.get("body", b"")
        size += len(piece)
        _check(size, largest)
        yield piece
        is_more = message.get("more_body", False)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else 0


def replay(body: bytes, receive: Receive) -> Receive:
    """Give the body first, and then what comes after it: that the caller hung up."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
