"""A very quick Azure that only lists, a program: `python -m tests.emulators.azure_page_server`.

The name of a container says what it holds, so that nothing is stored or configured: `blobs-300000`
are 300,000 blobs of `acme`, in folders of 5,000. It prints its port and serves until its standard
input is closed. The bytes of a page are made from one template, in about a millisecond.
"""

import asyncio
from base64 import b64encode
from functools import lru_cache
from hashlib import md5
from urllib.parse import parse_qs, urlsplit

from tests.emulators.page_server import PageConnection, serve_until_closed

PAGE = 5_000
_MARK = b"\0" * 7  # where the template has the page's number; no XML has this
_OPENING = (
    '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults'
    ' ServiceEndpoint="https://acme.blob.core.windows.net/" ContainerName="photos">'
    "<MaxResults>5000</MaxResults><Blobs>"
).encode()
_BLOB = (
    "<Blob><Name>images/{page}/{index:04}.jpg</Name><Properties>"
    "<Creation-Time>Thu, 01 Jan 2026 {hour:02}:{minute:02}:00 GMT</Creation-Time>"
    "<Last-Modified>Thu, 01 Jan 2026 {hour:02}:{minute:02}:{second:02} GMT</Last-Modified>"
    "<Etag>0x8DE{etag}</Etag><Content-Length>{size}</Content-Length>"
    "<Content-Type>image/jpeg</Content-Type><Content-Encoding /><Content-Language />"
    "<Content-CRC64 /><Content-MD5>{digest}</Content-MD5><Cache-Control /><Content-Disposition />"
    "<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
    "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
    "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties>"
    "<OrMetadata /></Blob>"
)


class AzurePageConnection(PageConnection):
    """One client's connection to it."""

    def _answer(self, method: str, target: str) -> None:
        assert method == "GET"
        url = urlsplit(target)
        query = parse_qs(url.query)
        _, account, container = url.path.split("/")
        assert (account, query["comp"]) == ("acme", ["list"])
        blobs = int(container.removeprefix("blobs-"))
        self._send(0, 200, render_page(blobs, int(query.get("marker", ["0"])[0])))


def render_page(blobs: int, start: int) -> list[bytes]:
    """Return the parts of the answer to List Blobs from the blob of this number on."""
    inside = _template().replace(_MARK, f"{start // PAGE:07}".encode())
    stop = start + PAGE
    if stop < blobs:
        end = f"<NextMarker>{stop}</NextMarker>"
    else:
        inside = inside[: len(inside) // PAGE * (blobs - start)]
        end = "<NextMarker />"
    return [_OPENING, inside, f"</Blobs>{end}</EnumerationResults>".encode()]


@lru_cache
def _template() -> bytes:
    """Return the XML of a page's blobs, all of the same length."""
    return "".join(map(_blob, range(PAGE))).encode()


def _blob(index: int) -> str:
    digest = md5(str(index).encode(), usedforsecurity=False)
    return _BLOB.format(
        page=_MARK.decode(),
        index=index,
        hour=index // 3600,
        minute=index // 60 % 60,
        second=index % 60,
        etag=digest.hexdigest()[:12].upper(),
        size=100_000 + index * 7919 % 900_000,
        digest=b64encode(digest.digest()).decode(),
    )


if __name__ == "__main__":
    asyncio.run(serve_until_closed(AzurePageConnection))
