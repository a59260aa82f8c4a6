"""Fetch a presigned URL as it stands: no client of ours may tidy up the path of a hard key."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.errors import LocalStackError

TIMEOUT_SECONDS = 30.0


class Fetcher:
    """Keep one connection to a bucket's endpoint."""

    def __init__(self, certificates: Path | None = None) -> None:
        """Trust the authorities in the file, or the usual ones."""
        self._certificates = certificates
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
            self._connection = (
                http.client.HTTPSConnection(
                    place,
                    timeout=TIMEOUT_SECONDS,
                    context=ssl.create_default_context(cafile=self._certificates),
                )
                if scheme == "https"
                else http.client.HTTPConnection(place, timeout=TIMEOUT_SECONDS)
            )
        return self._connection
