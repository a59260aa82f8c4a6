"""A small Azure Blob Storage that lists and reads, for what Azurite does not do.

    async with azure_server(AzureServer(versioned=True)) as server:
        server.put("a/b.jpg", b"...")
        server.bucket(), server.sas("l")

One container in the order of an account with a flat or a hierarchical namespace, or in one by
hashes; versions, tiers, markers that expire; signatures are verified; and it fails as it is told,
with the faults of faulty_store.py. Answers have the form that Azure's have.
"""

import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Literal, NamedTuple, cast
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import RawTestServer
from pydantic import SecretStr

from shared.leases import Bucket, SasToken
from shared.storage.signing.azure import sign_azure_container_by_account_key
from shared.uris import Provider
from tests.emulators.faulty_store import Fault

ACCOUNT, CONTAINER = "acme", "photos"
ACCOUNT_KEY = SecretStr(b64encode(b"the key of the account").decode())
_XML = "application/xml"
_MODIFIED = "Fri, 01 May 2026 10:30:05 GMT"
_LARGEST_PAGE = 5_000

Order = Literal["flat", "hierarchical", "hashed"]


class Stored(NamedTuple):
    """One version of a blob; the present one of a deleted blob has no body."""

    version_id: str
    body: bytes | None
    tier: str


class Shown(NamedTuple):
    """One entry of a listing; a common prefix, or in a hierarchical account a directory, has none
    stored."""

    name: str
    stored: Stored | None
    is_current: bool
    is_directory: bool = False


@dataclass
class AzureServer:
    """One container, and what it was asked. `clock` is when signatures are looked at."""

    order: Order = "flat"
    versioned: bool = False
    knows_start_from: bool = True
    clock: datetime | None = None
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    _blobs: dict[str, list[Stored]] = field(default_factory=dict)
    _versions: int = 0
    _token_age: int = 0
    _fault: Fault | None = None
    _times: int | None = None

    def bucket(self) -> Bucket:
        """Return how the container is addressed."""
        endpoint = f"{self.url}/{ACCOUNT}"
        return Bucket(Provider.AZURE, f"{ACCOUNT}/{CONTAINER}", "auto", endpoint)

    def sas(self, permissions: str = "rl") -> SasToken:
        """Return a signature for the container that is valid for an hour from now."""
        return SasToken(
            sign_azure_container_by_account_key(
                self.bucket(),
                account_key=ACCOUNT_KEY,
                signed_at=datetime.now(UTC),
                expires_in=timedelta(hours=1),
                permissions=permissions,
            )
        )

    def put(self, key: str, body: bytes | None = b"", storage_class: str = "Hot") -> None:
        """Store a version on top of the others, or as the only one when none are kept."""
        self._versions += 1
        version_id = f"v{self._versions:03}" if self.versioned else ""
        kept = self._blobs.get(key, []) if self.versioned else []
        self._blobs[key] = [*kept, Stored(version_id, body, storage_class)]

    def remove(self, key: str) -> None:
        """Delete a blob, of which older versions stay."""
        self._versions += 1
        if self.versioned:
            self._blobs[key].append(Stored(f"v{self._versions:03}", None, ""))
        else:
            del self._blobs[key]

    def expire_tokens(self) -> None:
        """Take none of the markers any more that were given."""
        self._token_age += 1

    def fail(self, fault: Fault, *, times: int | None = None) -> None:
        """Answer with the fault, so many times or until `recover`."""
        self._fault, self._times = fault, times

    def recover(self) -> None:
        self._fault = None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query_text = request.raw_path.partition("?")
        query = dict(parse_qsl(query_text, keep_blank_values=True))
        self.asked.append({**query, "path": unquote(path), "agent": request.headers["User-Agent"]})
        is_listing = query.get("comp") == "list"
        answer = self._refuse_signature(query, unquote(path), "l" if is_listing else "r")
        if answer is None:
            answer = self._list(query) if is_listing else self._read(request, unquote(path))
        if self._fault is not None and self._times != 0:
            assert isinstance(answer.body, bytes)
            spoiled = await self._fault(cast("web.Request", request), answer.body)
            if spoiled is not None:
                self._times = None if self._times is None else self._times - 1
                return spoiled
        return answer

    # --- signatures -------------------------------------------------------------------------------

    def _refuse_signature(
        self, query: Mapping[str, str], path: str, permission: str
    ) -> web.Response | None:
        now = self.clock or datetime.now(UTC)
        resource = path.removeprefix(f"/{ACCOUNT}")
        names = resource if query["sr"] != "c" else f"/{CONTAINER}"
        if query["sig"] != self._signature(query, f"/blob/{ACCOUNT}{names}"):
            return error(403, "AuthenticationFailed", "Signature did not match.")
        if not moment(query["st"]) <= now < moment(query["se"]):
            detail = (
                "Signature not valid in the specified time frame: "
                f"Start [{query['st']}] - Expiry [{query['se']}] - Current [{now}]"
            )
            return error(403, "AuthenticationFailed", detail)
        if permission not in query["sp"]:
            return error(403, "AuthorizationPermissionMismatch")
        return None

    def _signature(self, query: Mapping[str, str], resource: str) -> str:
        """Sign what "Create a service SAS" says for versions from 2020-12-06 on."""
        names = ("", "", "spr", "sv", "sr", "", "", "rscc", "rscd", "rsce", "rscl", "rsct")
        lines = [query["sp"], query["st"], query["se"], resource]
        lines += [query.get(name, "") for name in names]
        key = b64decode(ACCOUNT_KEY.get_secret_value())
        return b64encode(hmac.digest(key, "\n".join(lines).encode(), "sha256")).decode()

    # --- reading ----------------------------------------------------------------------------------

    def _read(self, request: web.BaseRequest, path: str) -> web.Response:
        stored = self._present(path.removeprefix(f"/{ACCOUNT}/{CONTAINER}/"))
        if stored is None or stored.body is None:
            return error(404, "BlobNotFound")
        if stored.tier == "Archive":
            return error(409, "BlobArchived")
        first, last = map(int, request.headers["x-ms-range"].removeprefix("bytes=").split("-"))
        if first >= len(stored.body):
            return error(416, "InvalidRange")
        return web.Response(status=206, body=stored.body[first : last + 1])

    def _present(self, key: str) -> Stored | None:
        return self._blobs[key][-1] if key in self._blobs else None

    # --- listing ----------------------------------------------------------------------------------

    def _list(self, query: Mapping[str, str]) -> web.Response:
        prefix, size = query.get("prefix", ""), min(int(query["maxresults"]), _LARGEST_PAGE)
        entries = [
            entry
            for entry in self._shown(versions=query.get("include") == "versions")
            if entry.name.startswith(prefix)
        ]
        if self.knows_start_from and (start := query.get("startFrom")):
            entries = [entry for entry in entries if self._place(entry.name) >= self._place(start)]
        if delimiter := query.get("delimiter"):
            entries = [*roll_up(entries, len(prefix), delimiter)]
        if marker := query.get("marker"):
            age, _, skipped = urlsafe_b64decode(marker).decode().partition(" ")
            if age != str(self._token_age):
                inside = "<QueryParameterName>marker</QueryParameterName>"
                return error(400, "InvalidQueryParameterValue", inside=inside)
            entries = [entry for entry in entries if self._marker(entry) > skipped]
        shown, rest = entries[:size], entries[size:]
        marker = ""
        if rest:
            marker = urlsafe_b64encode(
                f"{self._token_age} {self._marker(shown[-1])}".encode()
            ).decode()
        inside = "".join(self._element(entry) for entry in shown)
        return web.Response(
            text=f'\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults'
            f' ServiceEndpoint="https://{ACCOUNT}.blob.core.windows.net/"'
            f' ContainerName="{CONTAINER}">{name_of(prefix, "Prefix") if prefix else ""}'
            f"<MaxResults>{size}</MaxResults><Blobs>{inside}</Blobs>"
            f"{f'<NextMarker>{marker}</NextMarker>' if marker else '<NextMarker />'}"
            "</EnumerationResults>",
            content_type=_XML,
        )

    def _shown(self, *, versions: bool) -> list[Shown]:
        entries = [
            Shown(key, each, each is stored[-1])
            for key, stored in self._blobs.items()
            for each in (stored if versions else stored[-1:])
            if each.body is not None
        ]
        if self.order == "hierarchical":
            folders = {
                key[:place] for key in self._blobs for place, sign in enumerate(key) if sign == "/"
            }
            entries += [
                Shown(folder, None, is_current=True, is_directory=True) for folder in folders
            ]
        return sorted(entries, key=self._marker)

    def _marker(self, entry: Shown) -> str:
        version = entry.stored.version_id if entry.stored else ""
        return f"{self._place(entry.name)} {version}"

    def _place(self, name: str) -> str:
        match self.order:
            case "flat":
                return name.encode("utf-16-be").hex()
            case "hierarchical":  # what is in a folder comes right behind it
                return name.replace("/", "\0").encode("utf-16-be").hex()
            case "hashed":
                return md5(name.encode(), usedforsecurity=False).hexdigest()

    def _element(self, entry: Shown) -> str:
        kind = ""
        if self.order == "hierarchical":
            kind = f"<ResourceType>{'directory' if entry.is_directory else 'file'}</ResourceType>"
        if entry.stored is None and not entry.is_directory:
            return f"<BlobPrefix>{name_of(entry.name)}</BlobPrefix>"
        stored = entry.stored or Stored("", b"", "Hot")
        body = stored.body or b""
        version = ""
        if stored.version_id:
            version = f"<VersionId>{stored.version_id}</VersionId>" + (
                "<IsCurrentVersion>true</IsCurrentVersion>" if entry.is_current else ""
            )
        digest = md5(body, usedforsecurity=False)
        tier = f"<AccessTier>{stored.tier}</AccessTier>" if stored.tier else ""
        return (
            f"<Blob>{name_of(entry.name)}{version}<Properties>"
            f"<Creation-Time>{_MODIFIED}</Creation-Time><Last-Modified>{_MODIFIED}</Last-Modified>"
            f"<Etag>0x{digest.hexdigest()[:15].upper()}</Etag>{kind}"
            f"<Content-Length>{len(body)}</Content-Length>"
            "<Content-Type>application/octet-stream</Content-Type><Content-Encoding />"
            "<Content-Language /><Content-CRC64 />"
            f"<Content-MD5>{b64encode(digest.digest()).decode()}</Content-MD5><Cache-Control />"
            f"<Content-Disposition /><BlobType>BlockBlob</BlobType>{tier}"
            "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
            "<ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
        )


def roll_up(entries: list[Shown], start: int, delimiter: str) -> Iterator[Shown]:
    """Yield the entries of the level that begins behind `start` characters."""
    folders: set[str] = set()
    for entry in entries:
        head, found, _ = entry.name[start:].partition(delimiter)
        folder = entry.name[:start] + head + delimiter
        if not found:
            if not entry.is_directory:
                yield entry
        elif folder not in folders:
            folders.add(folder)
            yield Shown(folder, None, is_current=True)


def name_of(name: str, tag: str = "Name") -> str:
    """Write a name as Azure does: percent-encoded if XML has no such character."""
    if any(sign < " " or sign in "\x7f\ufffe\uffff" for sign in name):
        return f'<{tag} Encoded="true">{quote(name, safe="")}</{tag}>'
    return f"<{tag}>{escape(name)}</{tag}>"


def error(status: int, code: str, detail: str = "", *, inside: str = "") -> web.Response:
    """Refuse as Azure does."""
    if detail:
        inside += f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>"
    return web.Response(
        status=status,
        text=f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code>'
        f"<Message>no</Message>{inside}</Error>",
        content_type=_XML,
        headers={"x-ms-error-code": code},
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@asynccontextmanager
async def azure_server(server: AzureServer | None = None) -> AsyncIterator[AzureServer]:
    """Serve a container on loopback."""
    server = server or AzureServer()
    async with RawTestServer(server.answer) as running:
        server.url = str(running.make_url("")).rstrip("/")
        yield server
