"""An ASGI layer in front of MiniStack: buckets that fail, or keep a client waiting, as told.

`PUT /_faults/{bucket}/{fault}` begins one and `DELETE /_faults/{bucket}` ends it:

* `slow-down` refuses every request with the error by which S3 asks clients to slow down;
* `hold` lets every request wait for the end of the fault, and then goes on with it.

`GET /_faults/{bucket}` answers as soon as a request is held. It runs in MiniStack's process and
environment, so it uses the standard library only (see deploy/local/clouds/aws_server.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

CONTROL = "_faults"
SLOW_DOWN = (  # "List of error codes", Amazon S3 API Reference
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


class Fault:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.holds = asyncio.Event()
        self.ended = asyncio.Event()


class BucketFaults:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._faults: dict[str, Fault] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        first, *rest = scope["path"].lstrip("/").split("/")
        if first == CONTROL:
            await self._obey(scope["method"], rest)
            await answer(send, 200, b"")
            return
        fault = self._faults.get(first)
        if fault is not None and fault.kind == "slow-down":
            await answer(send, 503, SLOW_DOWN, (b"retry-after", b"1"))
            return
        if fault is not None:
            fault.holds.set()
            await fault.ended.wait()
        await self._application(scope, receive, send)

    async def _obey(self, method: str, words: list[str]) -> None:
        match method, words:
            case "PUT", [bucket, kind]:
                self._faults[bucket] = Fault(kind)
            case "DELETE", [bucket]:
                self._faults.pop(bucket).ended.set()
            case "GET", [bucket]:
                await self._faults[bucket].holds.wait()
            case _:
                raise ValueError(f"no such order: {method} {words}")


async def answer(send: Send, status: int, body: bytes, *more: tuple[bytes, bytes]) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/xml"), (b"content-length", length), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
