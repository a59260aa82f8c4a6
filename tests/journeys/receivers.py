"""Receivers of webhooks: servers on loopback that take everything, and remember it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Inbox:
    """What a receiver was sent: the `data` of each message, in the order in which they came."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    _heard: Condition = field(default_factory=Condition)

    def take(self, body: bytes) -> None:
        with self._heard:
            self.messages.append(json.loads(body)["data"])
            self._heard.notify_all()

    def wait_for(self, **members: object) -> dict[str, Any]:
        """Return the first message with these members, as soon as it has come."""
        with self._heard:
            came = self._heard.wait_for(lambda: self._find(members), PATIENCE_SECONDS)
        assert came, f"No message with {members} came, but {self.messages}"
        return came

    def _find(self, members: dict[str, object]) -> dict[str, Any] | None:
        wanted = members.items()
        return next((each for each in self.messages if wanted <= _plain(each)), None)


def _plain(message: dict[str, Any]) -> Any:
    return {name: each for name, each in message.items() if isinstance(each, str)}.items()


@contextmanager
def remembering() -> Iterator[Inbox]:
    """Serve until the block ends; yield what comes."""
    inbox = Inbox()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Leave the tests' output alone."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        inbox.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield inbox
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def receiving() -> Iterator[str]:
    """Serve until the block ends; yield the URL."""
    with remembering() as inbox:
        yield inbox.url
