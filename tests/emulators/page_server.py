"""A very quick store that only lists, a program: `python -m tests.emulators.page_server`.

The name of a bucket says what it holds and how slow it is, so that nothing is stored or configured:
`folders-5000000` are five million keys in folders of a thousand, `flat-300000-100ms` are 300,000 in
one, of which each page takes a tenth of a second. It speaks S3's API and, below `/storage/v1/b/`,
Cloud Storage's, whose `fields` it takes for those that Mooring asks for. It prints its port and
serves until its standard input is closed. A page costs it some tenths of a millisecond.
"""

import asyncio
import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from tests.emulators.key_space import KeySpace, Listed

PAGE = 1000
_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_XML, _JSON = "application/xml", "application/json; charset=UTF-8"
_END = b"\r\n\r\n"
_GCS = "/storage/v1/b/"
_HEAD = (
    "HTTP/1.1 {} \r\nContent-Type: {}\r\nx-amz-bucket-region: us-east-1\r\n"
    "Content-Length: {}\r\n\r\n"
)


class Bucket(NamedTuple):
    """What the name of a bucket says."""

    keys: KeySpace
    latency: float


@lru_cache
def read_bucket(name: str) -> Bucket:
    """Return the bucket of a name like `folders-1000000-100ms`; KeyError or ValueError if none."""
    layout, length, *rest = name.split("-")
    latency = float(rest[0].removesuffix("ms")) / 1000 if rest else 0.0
    KeySpace(layout, int(length))
    return Bucket(KeySpace(layout, int(length)), latency)


class PageConnection(asyncio.Protocol):
    """One client's connection: requests in a row, each answered in its turn."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while _END in self._received:
            head, _, self._received = self._received.partition(_END)
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._answer(method, target)

    def _answer(self, method: str, target: str) -> None:
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        is_gcs = url.path.startswith(_GCS)
        name = url.path.removeprefix(_GCS).removesuffix("/o") if is_gcs else url.path.strip("/")
        try:
            bucket = read_bucket(name)
        except (KeyError, ValueError):
            return self._send(0, 404, [])
        if is_gcs:
            return self._send(bucket.latency, 200, render_gcs_page(bucket.keys, query), _JSON)
        if method != "GET" or query.get("list-type") != "2":
            return self._send(0, 200 if method == "HEAD" else 501, [])
        return self._send(bucket.latency, 200, render_page(bucket.keys, query))

    def _send(
        self, latency: float, status: int, body: list[bytes], content_type: str = _XML
    ) -> None:
        head = _HEAD.format(status, content_type, sum(map(len, body))).encode()
        if latency:
            loop = asyncio.get_running_loop()
            loop.call_later(latency, self._transport.writelines, [head, *body])
        else:
            self._transport.writelines([head, *body])


def render_page(keys: KeySpace, query: dict[str, str]) -> list[bytes]:
    """Return the parts of the answer to ListObjectsV2."""
    token = query.get("continuation-token")
    listed = keys.list_page(
        prefix=query.get("prefix", ""),
        after=urlsafe_b64decode(token).decode() if token else query.get("start-after", ""),
        most=min(int(query.get("max-keys", PAGE)), PAGE),
        delimiter=query.get("delimiter", ""),
    )
    return [_opening(query, listed).encode(), *listed.objects, _closing(listed).encode()]


def render_gcs_page(keys: KeySpace, query: dict[str, str]) -> list[bytes]:
    """Return the parts of the answer to objects.list."""
    token = query.get("pageToken")
    listed = keys.list_page(
        prefix=query.get("prefix", ""),
        after=urlsafe_b64decode(token).decode() if token else "",
        start=query.get("startOffset", ""),
        most=min(int(query.get("maxResults", PAGE)), PAGE),
        delimiter=query.get("delimiter", ""),
        form="json",
    )
    document: dict[str, object] = {"kind": "storage#objects", "prefixes": listed.prefixes}
    if listed.last is not None:
        document["nextPageToken"] = urlsafe_b64encode(listed.last.encode()).decode()
    opening = json.dumps(document).encode()[:-1] + b',"items":['
    objects = listed.objects
    if objects:
        objects[-1] = objects[-1][:-1]  # the comma behind the last one
    return [opening, *objects, b"]}"]


def _opening(query: dict[str, str], listed: Listed) -> str:
    # No key needs escaping or encoding, so what is asked for changes nothing else.
    encoding = "<EncodingType>url</EncodingType>" if query.get("encoding-type") == "url" else ""
    more = ""
    if listed.last is not None:
        token = urlsafe_b64encode(listed.last.encode()).decode()
        more = f"<NextContinuationToken>{token}</NextContinuationToken>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="{_SPACE}">'
        f"<Prefix>{escape(query.get('prefix', ''))}</Prefix><KeyCount>{listed.keys}</KeyCount>"
        f"{encoding}<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}"
    )


def _closing(listed: Listed) -> str:
    prefixes = "".join(
        f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>"
        for each in listed.prefixes
    )
    return f"{prefixes}</ListBucketResult>"


async def serve_until_closed(connection: type[PageConnection]) -> None:
    """Serve on a free port of the loopback until standard input is closed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 (its parent reads it)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve_until_closed(PageConnection))
