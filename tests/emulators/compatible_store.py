"""A store that speaks S3's API as far as its switches say: listings, versions, GET and STS.

What is switched off is missing as real stores miss it: a parameter is ignored, or refused with 501.
Signatures are not checked; real servers do that in other tests.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

import httpx
from aiohttp import web
from aiohttp.test_utils import RawTestServer

BUCKET = "acme"
HOST = "store.example"
_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
    "response-cache-control": "Cache-Control",
}


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class CompatibleStore:
    """One bucket of some keys, and what its store can do."""

    keys: tuple[str, ...] = ("a b", "a+b", "c/d", "e")
    listing: Literal["v2", "v1", "v1 only"] = "v2"
    start_after: Literal["yes", "ignored", "refused"] = "yes"
    ordered: bool = True
    encoded: bool = True
    versions: Literal["yes", "ignored", "refused", "denied"] = "yes"
    sts: Literal["yes", "no", "as s3"] = "yes"
    checksum_mode: bool = True
    overrides: Literal["yes", "ignored", "refused"] = "yes"
    virtual_host: bool = True
    readable: bool = True
    page_size: int = 1_000
    host: str = HOST
    server: str = ""
    broken: frozenset[str] = frozenset()  # questions that are answered with 503
    asked: list[str] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """Return what stands for the network: the store at every host."""

        def handle(request: httpx.Request) -> httpx.Response:
            path, _, query = request.url.raw_path.decode().partition("?")
            answer = self.answer(
                request.method, request.url.host, path, query, request.headers, request.content
            )
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        return httpx.MockTransport(handle)

    def answer(  # noqa: PLR0917 (a request has six parts)
        self,
        method: str,
        host: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        name, answer = self._choose(method, host, unquote(path), query, headers, body)
        self.asked.append(name)
        if name in self.broken:
            answer = _error(503, "SlowDown")
        return Answer(answer.status, answer.body, {"Server": self.server, **answer.headers})

    def _choose(  # noqa: PLR0917
        self,
        method: str,
        host: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[str, Answer]:
        asked = dict(parse_qsl(query, keep_blank_values=True))
        if host == f"{BUCKET}.{self.host}":
            if not self.virtual_host:
                return "virtual host", Answer(200, b"<ListAllMyBucketsResult/>")
            name, key = "virtual host", path.removeprefix("/")
        else:
            name, key = "", path.removeprefix("/").removeprefix(f"{BUCKET}").removeprefix("/")
        if method == "POST":
            return "sts", self._ask_sts(body)
        if method != "GET":
            return "head", Answer(403)
        if key:
            return self._read(key, asked, headers)
        if "versions" in asked and self.versions != "ignored":
            return "versions", self._list_versions(asked)
        question = "versions" if "versions" in asked else name or "list"
        if asked.get("start-after"):
            question = "start-after"
        return question, self._list(asked)

    def _list(self, asked: Mapping[str, str]) -> Answer:
        is_v2 = asked.get("list-type") == "2"
        if is_v2 and self.listing == "v1 only":
            return _error(501, "NotImplemented")
        is_v2 = is_v2 and self.listing == "v2"
        after = ""
        if is_v2 and asked.get("start-after"):
            if self.start_after == "refused":
                return _error(501, "NotImplemented")
            after = asked["start-after"] if self.start_after == "yes" else ""
        after = asked.get("continuation-token", after) if is_v2 else asked.get("marker", "")
        found = [key for key in self._all() if key.startswith(asked.get("prefix", ""))]
        if after:
            found = [key for key in found if self._place(key) > self._place(after)]
        return self._page(found, asked, is_v2=is_v2)

    def _page(self, found: list[str], asked: Mapping[str, str], *, is_v2: bool) -> Answer:
        delimiter, prefix = asked.get("delimiter", ""), asked.get("prefix", "")
        size = min(int(asked.get("max-keys", 1_000)), self.page_size)
        shown: dict[str, str] = {}  # each name with the last key that it stands for
        more = False
        for key in found:
            head, end, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            name = prefix + head + end if delimiter and end else key
            if name not in shown and len(shown) == size:
                more = True
                break
            shown[name] = key
        fields = {"Name": BUCKET, "IsTruncated": str(more).lower()}
        if self.encoded and asked.get("encoding-type") == "url":
            fields["EncodingType"] = "url"
        last = next(reversed(shown.values()), "")
        if is_v2:
            fields["KeyCount"] = str(len(shown))
            if more:
                fields["NextContinuationToken"] = last
        else:
            fields["Marker"] = asked.get("marker", "")
        entries = "".join(
            _element("CommonPrefixes", _element("Prefix", self._written(name, asked)), raw=True)
            if name != key
            else _element("Contents", self._contents(key, asked), raw=True)
            for name, key in shown.items()
        )
        return _document("ListBucketResult", fields, entries)

    def _list_versions(self, asked: Mapping[str, str]) -> Answer:
        match self.versions:
            case "refused":
                return _error(501, "NotImplemented")
            case "denied":
                return _error(403, "AccessDenied")
        keys = self._all()[: int(asked["max-keys"])]
        entries = "".join(
            _element(
                "Version", self._contents(key, asked) + "<VersionId>null</VersionId>", raw=True
            )
            for key in keys
        )
        return _document("ListVersionsResult", {"IsTruncated": "false"}, entries)

    def _read(
        self, key: str, asked: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[str, Answer]:
        overrides = {name: asked[name] for name in _OVERRIDES if name in asked}
        checks = "x-amz-checksum-mode" in headers
        name = "overrides" if overrides else "checksum-mode" if checks else "read"
        if key not in self.keys:
            return name, _error(404, "NoSuchKey")
        if not self.readable:
            return name, _error(403, "AccessDenied")
        if checks and not self.checksum_mode:
            return name, _error(400, "InvalidArgument")
        if overrides and self.overrides == "refused":
            return name, _error(400, "InvalidRequest")
        given = {"Content-Type": "application/octet-stream"}
        if self.overrides == "yes":
            given |= {_OVERRIDES[each]: text for each, text in overrides.items()}
        return name, Answer(206, b"x", given)

    def _ask_sts(self, body: bytes) -> Answer:
        assert dict(parse_qsl(body.decode()))["DurationSeconds"] == "1"
        match self.sts:
            case "yes":
                inside = "<Error><Code>ValidationError</Code></Error>"
                text = f'<ErrorResponse xmlns="{_STS}">{inside}</ErrorResponse>'
                return Answer(400, text.encode())
            case "as s3":
                return _error(400, "InvalidArgument")
            case "no":
                return _error(405, "MethodNotAllowed")

    def _all(self) -> list[str]:
        return sorted(self.keys, key=self._place)

    def _place(self, key: str) -> bytes:
        return key.encode() if self.ordered else md5(key.encode()).digest()  # noqa: S324

    def _written(self, name: str, asked: Mapping[str, str]) -> str:
        is_encoded = self.encoded and asked.get("encoding-type") == "url"
        return quote(name, safe="/") if is_encoded else name

    def _contents(self, key: str, asked: Mapping[str, str]) -> str:
        return (
            _element("Key", self._written(key, asked))
            + _element("LastModified", "2026-05-01T10:30:05.000Z")
            + _element("ETag", '"9dd4e461268c8034f5c8564e155c67a6"')
            + _element("Size", "1")
            + _element("StorageClass", "STANDARD")
        )


def _element(name: str, text: str, *, raw: bool = False) -> str:
    return f"<{name}>{text if raw else escape(text)}</{name}>"


def _document(root: str, fields: Mapping[str, str], entries: str) -> Answer:
    inside = "".join(_element(name, text) for name, text in fields.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{_S3}">{inside}{entries}</{root}>'
    return Answer(200, text.encode(), {"Content-Type": "application/xml"})


def _error(status: int, code: str) -> Answer:
    text = f"<Error><Code>{code}</Code><Message>No.</Message></Error>"
    return Answer(status, text.encode(), {"Content-Type": "application/xml"})


@asynccontextmanager
async def serving_store(store: CompatibleStore) -> AsyncIterator[str]:
    """Serve the store on loopback, by path style alone; yield its endpoint."""

    async def handle(request: web.BaseRequest) -> web.Response:
        path, _, query = request.raw_path.partition("?")
        host = request.host.partition(":")[0]
        headers = {name.lower(): text for name, text in request.headers.items()}
        body = await request.read()
        answer = store.answer(request.method, host, path, query, headers, body)
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))

    async with RawTestServer(handle) as server:
        yield str(server.make_url("")).rstrip("/")
