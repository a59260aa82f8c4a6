"""A server that gives prepared answers in turn, whatever it is asked, and notes the questions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class Answer:
    """What to say. `length` is the Content-Length, when that shall not be true.

    `endless` follows the body again and again, with `pause` seconds before each time.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    endless: bytes = b""
    pause: float = 0.0

    def encode(self) -> bytes:
        headers = {
            "Content-Length": str(len(self.body) if self.length is None else self.length),
            "Connection": "close",
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class ScriptedServer:
    """The answers that are left, the URLs and headers of the questions, and how much was sent."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[SplitResult] = []
        self.headers: list[Message] = []
        self.sent = 0
        self.url = ""

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(urlsplit(request.split(b" ", 2)[1].decode()))
        self.headers.append(message_from_bytes(request.partition(b"\r\n")[2]))
        answer = self._answers.pop(0)
        with suppress(ConnectionError):  # the client had enough
            await self._send(writer, answer.encode())
            while answer.endless:
                await asyncio.sleep(answer.pause)
                await self._send(writer, answer.endless)
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, raw: bytes) -> None:
        writer.write(raw)
        self.sent += len(raw)
        await writer.drain()


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[ScriptedServer]:
    """Serve these answers on loopback."""
    script = ScriptedServer(*answers)
    async with await asyncio.start_server(script._converse, "127.0.0.1", 0) as server:
        script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield script
