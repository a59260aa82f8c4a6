"""An ASGI layer in front of MiniStack: sessions of a role that end while they are used, as told.

`PUT /_session_ends/{role}` lets the sessions end at once that the role of this name grants from
then on, and `DELETE /_session_ends/{role}` ends that. S3 answers then as it does when a session's
time is over. MiniStack forgets such sessions at the next one, and AWS tells them from unknown ones
("List of error codes", Amazon S3 API Reference, ExpiredToken), so they are kept here. It runs in
MiniStack's process and environment, so it uses the standard library and MiniStack only (see
deploy/local/clouds/aws_server.py).
"""

import importlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

CONTROL = "_session_ends"


class SessionEnds:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._roles: set[str] = set()
        sts: Any = importlib.import_module("ministack.services.sts")
        register = sts.register_session

        def register_session(access_key_id: str, session: dict[str, Any]) -> None:
            ends = any(f":assumed-role/{role}/" in session["Arn"] for role in self._roles)
            register(access_key_id, {**session, "Expiration": 0} if ends else session)

        sts.register_session = register_session
        sts._evict_expired_sessions = lambda: None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        control, _, role = scope.get("path", "").removeprefix("/").partition("/")
        if control != CONTROL:
            await self._application(scope, receive, send)
            return
        change = {"PUT": self._roles.add, "DELETE": self._roles.remove}[scope["method"]]
        change(role)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
