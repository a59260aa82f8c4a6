"""Fetch a presigned URL as it stands: no client of ours may tidy up the path of a hard key."""

import http.client
from urllib.parse import urlsplit

from deploy.local.errors import LocalStackError

TIMEOUT_SECONDS = 30.0


class Fetcher:
    """Keep one connection to a bucket's endpoint."""

    def __init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None

    def get(self, url: str) -> bytes:
        """Return the object's content, or raise LocalStackError with the status."""
        parts = urlsplit(url)
        connection = self._connect(parts.scheme, parts.netloc)
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
        response = connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise LocalStackError(f"A presigned URL answered {response.status}: {parts.path}")
        return content

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _connect(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            self._connection = kind(place, timeout=TIMEOUT_SECONDS)
        return self._connection
