"""A browser that fetches signed URLs as they stand, with what a page of an origin sends."""

import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, as far as a page looks at it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Browser:
    """Keeps a connection to each host. Nothing tidies up the path of a hard key."""

    def __init__(self, origin: str, certificates: Path) -> None:
        self._origin = origin
        self._tls = ssl.create_default_context(cafile=certificates)
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in self._connections.values():
            connection.close()

    def ask(self, method: str, url: str, **headers: str) -> Fetched:
        parts = urlsplit(url)
        connection = self._connect(parts.scheme, parts.netloc)
        sent = {"Host": parts.netloc, "Origin": self._origin, **headers}
        connection.request(method, f"{parts.path}?{parts.query}", headers=sent)
        response = connection.getresponse()
        return Fetched(response.status, response.headers, response.read())

    def _connect(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if place not in self._connections:
            self._connections[place] = (
                http.client.HTTPSConnection(place, timeout=TIMEOUT_SECONDS, context=self._tls)
                if scheme == "https"
                else http.client.HTTPConnection(place, timeout=TIMEOUT_SECONDS)
            )
        return self._connections[place]
