"""A small S3 that only lists: ListObjectsV2 over keys in memory, with a latency of its own.

    async with listing_server(keys) as server:
        server.endpoint

It answers with `encoding-type=url`, `start-after` and continuation tokens as S3 does, quickly for
any number of keys, and remembers who asked last (the `app/…` of the SDK's user agent).
"""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from aiohttp import web

SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
OBJECT = (
    "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "<ETag>&quot;9e107d9d372bb6826bd81d3542a419d6&quot;</ETag><Size>7</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


@dataclass
class ListingServer:
    """One bucket, whatever its name in the request is."""

    keys: list[bytes]
    endpoint: str = ""
    page_size: int = 1000
    latency: float = 0.0
    pages: int = 0
    last_lister: str | None = field(default=None)

    async def list_objects(self, request: web.Request) -> web.Response:
        """Answer GET /{bucket}?list-type=2."""
        if request.query.get("list-type") != "2":
            raise web.HTTPNotImplemented
        lister = re.search(r"app/(\S+)", request.headers.get("User-Agent", ""))
        self.last_lister = lister[1] if lister else None
        await asyncio.sleep(self.latency)
        self.pages += 1
        prefix = request.query.get("prefix", "").encode()
        begin = bisect_left(self.keys, prefix)
        if token := request.query.get("continuation-token"):
            begin = bisect_right(self.keys, urlsafe_b64decode(token))
        elif after := request.query.get("start-after"):
            begin = max(begin, bisect_right(self.keys, after.encode()))
        size = min(int(request.query.get("max-keys", "1000")), self.page_size)
        page = self.keys[begin : begin + size]
        end = next((n for n, key in enumerate(page) if not key.startswith(prefix)), len(page))
        is_last = end < len(page) or begin + size >= len(self.keys)
        return web.Response(body=self._render(prefix, page[:end], is_last=is_last))

    def _render(self, prefix: bytes, page: list[bytes], *, is_last: bool) -> bytes:
        more = ""
        if not is_last:
            token = urlsafe_b64encode(page[-1]).decode()
            more = f"<NextContinuationToken>{token}</NextContinuationToken>"
        objects = "".join(OBJECT.format(escape(quote_plus(key, safe="/"))) for key in page)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="{SPACE}">'
            f"<Prefix>{escape(quote_plus(prefix))}</Prefix><EncodingType>url</EncodingType>"
            f"<IsTruncated>{'false' if is_last else 'true'}</IsTruncated>{more}{objects}"
            "</ListBucketResult>"
        ).encode()


@asynccontextmanager
async def listing_server(
    keys: Iterable[str], *, page_size: int = 1000, latency: float = 0.0
) -> AsyncIterator[ListingServer]:
    """Serve the keys on a free port of the loopback, in the running event loop."""
    server = ListingServer(
        sorted(key.encode() for key in keys), page_size=page_size, latency=latency
    )
    application = web.Application()
    application.router.add_get("/{bucket}", server.list_objects)
    async with serve(application) as server.endpoint:
        yield server


@asynccontextmanager
async def serve(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of the loopback; yield its base URL."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
