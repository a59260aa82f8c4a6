"""Request bodies: read whole before anything runs, and never more than we want to hold."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import RequestTooLargeError

LARGEST_BODY = 16 * 1024 * 1024  # 10,000 URIs of the longest keys are 11 MiB


class RequestBodyMiddleware:
    """Give the application the whole body at once; one that was not sent whole never arrives.

    Raise RequestTooLargeError as soon as a body is announced, or turns out, to be too large.
    """

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, unless its sender hung up before the end of the body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._check(_announced(scope))
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
            self._check(len(body))
            if not message.get("more_body", False):
                return bytes(body)

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise RequestTooLargeError(f"A request has at most {self._largest} bytes.")


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
