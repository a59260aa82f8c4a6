"""Receivers of webhooks: real servers on loopback that note what comes and answer as told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver was sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    def is_signed_with(self, secret: str | SecretStr) -> bool:
        text = secret if isinstance(secret, str) else secret.get_secret_value()
        try:
            Verifier(text).verify(self.body, self.headers)
        except WebhookVerificationError:
            return False
        return True


@dataclass(slots=True)
class Receiver:
    """Answer with the next of `statuses`, then with 204."""

    statuses: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    before_answer: Callable[[], Awaitable[None]] | None = None
    url: str = ""
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for(self, messages: int) -> None:
        """Wait until so many messages have come."""
        while len(self.messages) < messages:
            self._heard.clear()
            await self._heard.wait()

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.messages.append(Message(headers, await request.read()))
        self._heard.set()
        if self.before_answer is not None:
            await self.before_answer()
        status = self.statuses.popleft() if self.statuses else 204
        return web.Response(status=status, headers=self.headers)


@asynccontextmanager
async def receiving(handle: Handle) -> AsyncIterator[str]:
    """Serve on loopback and yield a URL there."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"{site.name}/hooks?to=a"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve(*statuses: int) -> AsyncIterator[Receiver]:
    """Serve a receiver that knows its URL."""
    receiver = Receiver(deque(statuses))
    async with receiving(receiver.take) as url:
        receiver.url = url
        yield receiver
