"""A server of one bucket that lists as S3 does: a directory bucket, or one that keeps versions."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import RawTestServer


@dataclass(frozen=True)
class Stored:
    """One version of an object, or a delete marker where the body is None."""

    version_id: str
    body: bytes | None
    storage_class: str = "STANDARD"


@dataclass
class BucketServer:
    """The bucket behind the URL. Without `ordered`, it lists by hashes and by tokens only."""

    ordered: bool = True
    versioned: bool = False
    url: str = ""
    _objects: dict[str, list[Stored]] = field(default_factory=dict)
    _token_age: int = 0
    _versions: int = 0

    def put(self, key: str, body: bytes | None = b"", storage_class: str = "STANDARD") -> None:
        """Store a version on top of the others, or as the only one when the bucket keeps none."""
        self._versions += 1
        version_id = f"v{self._versions:03}" if self.versioned else "null"
        versions = self._objects.setdefault(key, [])
        kept = [each for each in versions if each.version_id != version_id]
        self._objects[key] = [Stored(version_id, body, storage_class), *kept]

    def remove(self, key: str) -> None:
        """Put a delete marker on top of the versions."""
        self.put(key, None)

    def expire_tokens(self) -> None:
        """Take none of the tokens any more that were given."""
        self._token_age += 1

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        listing = self._list_versions if "versions" in request.query else self._list_objects
        status, body = listing(request.query)
        return web.Response(status=status, text=body, content_type="application/xml")

    def _list_objects(self, query: Mapping[str, str]) -> tuple[int, str]:
        prefix, size = query.get("prefix", ""), int(query["max-keys"])
        keys = [
            key
            for key, versions in self._objects.items()
            if key.startswith(prefix) and versions[0].body is not None
        ]
        keys.sort(key=self._place)
        age, _, place = query.get("continuation-token", "").partition("-")
        if age:
            if age != str(self._token_age):
                return 400, "<Error><Code>InvalidArgument</Code></Error>"
            keys = [key for key in keys if self._place(key) > place]
        elif self.ordered:
            keys = [key for key in keys if key > query.get("start-after", "")]
        shown, rest = keys[:size], keys[size:]
        token = f"{self._token_age}-{self._place(shown[-1])}" if rest else ""
        fields = "".join(
            f"<Contents>{_fields(key, self._objects[key][0])}</Contents>" for key in shown
        )
        return 200, _document(
            "ListBucketResult",
            fields,
            IsTruncated=str(bool(rest)).lower(),
            NextContinuationToken=token,
        )

    def _list_versions(self, query: Mapping[str, str]) -> tuple[int, str]:
        prefix, size = query.get("prefix", ""), int(query["max-keys"])
        marker, version_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
        entries = [
            (key, stored, stored is self._objects[key][0])
            for key in sorted(self._objects)
            if key.startswith(prefix)
            for stored in self._objects[key]
            if key > marker or (key == marker and stored.version_id < version_marker)
        ]
        shown, rest = entries[:size], entries[size:]
        fields = "".join(
            _version(key, stored, is_latest=is_latest) for key, stored, is_latest in shown
        )
        return 200, _document(
            "ListVersionsResult",
            fields,
            IsTruncated=str(bool(rest)).lower(),
            NextKeyMarker=quote_plus(shown[-1][0]) if rest else "",
            NextVersionIdMarker=shown[-1][1].version_id if rest else "",
        )

    def _place(self, key: str) -> str:
        return key.encode().hex() if self.ordered else md5(key.encode()).hexdigest()  # noqa: S324


def _fields(key: str, stored: Stored) -> str:
    fields = _element("Key", quote_plus(key)) + _element("LastModified", "2026-05-01T10:30:05.000Z")
    if stored.body is None:
        return fields
    return (
        fields
        + _element("ETag", f'"{md5(stored.body).hexdigest()}"')  # noqa: S324
        + _element("Size", str(len(stored.body)))
        + _element("StorageClass", stored.storage_class)
    )


def _version(key: str, stored: Stored, *, is_latest: bool) -> str:
    name = "DeleteMarker" if stored.body is None else "Version"
    fields = _fields(key, stored) + _element("VersionId", stored.version_id)
    return f"<{name}>{fields}{_element('IsLatest', str(is_latest).lower())}</{name}>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _document(root: str, entries: str, **fields: str) -> str:
    inside = "".join(_element(name, text) for name, text in fields.items())
    return f"<{root}><EncodingType>url</EncodingType>{inside}{entries}</{root}>"


@asynccontextmanager
async def serving_bucket(bucket: BucketServer) -> AsyncIterator[BucketServer]:
    """Serve the bucket on loopback."""
    async with RawTestServer(bucket._answer) as server:
        bucket.url = str(server.make_url(""))
        yield bucket
