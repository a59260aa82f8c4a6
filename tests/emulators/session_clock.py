"""An ASGI layer in front of MiniStack: its sessions can be made as old as a test needs them.

`POST /_session-clock` with a number sets by how many seconds MiniStack's `time.time` goes ahead,
by which it judges sessions, and nothing else that is asked here: signatures, with their times, go
by `datetime`. It runs in MiniStack's process and environment, so it uses the standard library only
(see deploy/local/clouds/aws_server.py).
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

PATH = "/_session-clock"  # no bucket has such a name


class SessionClock:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._ahead = 0.0
        present = time.time
        time.time = lambda: present() + self._ahead

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._application(scope, receive, send)
            return
        self._ahead = float((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
