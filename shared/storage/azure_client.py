"""The SDK's pipeline to one container: how it connects and retries; its listings stay raw.

The SDK's own listing makes an object of each element by the service's model, which takes far
longer than our decoder. Its pipeline and its transport are used without it.
"""

import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from os import environ
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import AsyncRetryPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from yarl import URL

from shared.egress import EgressGuard
from shared.errors import BrokenListingError, ListingTokenError, StorageError
from shared.leases import Bucket, SasToken
from shared.storage.azure_addresses import blob_url, container_url
from shared.storage.azure_errors import (
    HalfListingError,
    bounded,
    is_token_refused,
    storage_error,
)
from shared.storage.guarding import is_guarded, require_allowed
from shared.storage.limits import LARGEST_ANSWER, Limits

SERVICE_VERSION = "2026-02-06"
"""The first one whose List Blobs knows `startFrom` (azure-storage-blob for Java, 12.33.0)."""

ATTEMPTS = 3

# 5,000 names of 1,024 characters of three bytes, and somewhat less than a kilobyte beside each.
LARGEST_PAGE = 24 * 1024 * 1024

_CONNECT_SECONDS = 10
_READ_SECONDS = 120  # between two packets; the limits bound the whole
_BACKOFF_SECONDS = 0.5  # not before the second attempt, doubled before the third
_BLOCK = 256 * 1024
_LONGEST_ERROR = 64 * 1024
_END = b"</EnumerationResults>"
_USER_AGENT = f"Mooring azsdk-python-storage-blob/{version('azure-storage-blob')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole or as much of it as was wanted. `headers` have names in lower case."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bytes of a body are wanted, and what a whole one ends with."""

    skip: int
    length: int
    end: bytes = b""


class AzureClient:
    """Ask for pages and bytes of one container, between `open` and `close`.

    A request that fails in passing is made again, up to `attempts` times; the limits bound all of
    it. Redirects are not followed: they would lead around the guard.
    """

    def __init__(
        self,
        bucket: Bucket,
        grant: SasToken,
        *,
        egress: EgressGuard,
        attempts: int,
        limits: Limits,
    ) -> None:
        self._bucket = bucket
        self._grant = grant
        self._egress = egress
        self._attempts = attempts
        self._limits = limits
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Open a session, without a connection yet. Raise EndpointNotAllowedError."""
        require_allowed(self._bucket, self._egress)
        guarded = is_guarded(self._bucket)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=_tls(environ.get("SSL_CERT_FILE")),
                resolver=self._egress.resolver() if guarded else None,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=not guarded,  # the environment's proxies lead around the guard
        )
        transport = _Transport(
            session=session,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            connection_data_block_size=_BLOCK,
        )
        retries = _Retries(retry_total=self._attempts - 1, retry_backoff_factor=_BACKOFF_SECONDS)
        self._pipeline: AsyncPipeline[HttpRequest, Any] = AsyncPipeline(transport, [retries])
        await self._stack.enter_async_context(self._pipeline)

    async def close(self) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def list_blobs(self, query: Mapping[str, str]) -> bytes:
        """Return the bytes of an answer to List Blobs.

        Raise BrokenListingError for what does not end as a listing does, and ListingTokenError when
        the query's marker is not taken.
        """
        query = {"restype": "container", "comp": "list", **query}
        async with bounded(self._limits.request):
            answer = await self._ask(
                container_url(self._bucket), query, {}, Wanted(0, LARGEST_PAGE, _END)
            )
        if answer.status_code == HTTPStatus.OK:
            return answer.body
        if "marker" in query and is_token_refused(answer.status_code, answer.headers, answer.body):
            raise ListingTokenError("The object store no longer takes the token of the listing.")
        raise _refusal(answer)

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""
        headers = {"x-ms-range": f"bytes={start}-{start + length - 1}"}
        async with bounded(self._limits.request):
            answer = await self._ask(
                blob_url(self._bucket, key), {}, headers, Wanted(start, length)
            )
        match answer.status_code:
            case HTTPStatus.OK | HTTPStatus.PARTIAL_CONTENT:
                return answer.body
            case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return b""  # it begins at the end of the blob or after it
        raise _refusal(answer)

    async def _ask(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str], wanted: Wanted
    ) -> Answer:
        request = HttpRequest(
            "GET",
            "",
            headers={
                "x-ms-version": SERVICE_VERSION,
                "User-Agent": _USER_AGENT,  # in the customer's access logs
                "Accept-Encoding": "identity",
                **headers,
            },
        )
        signed = "&".join(filter(None, [_encode(query), self._grant.token.get_secret_value()]))
        # As it is: `..` in a name stays, and what is encoded is not encoded otherwise.
        request.url = URL(f"{url}?{signed}", encoded=True)  # type: ignore[assignment]
        answer = await self._pipeline.run(request, wanted=wanted)
        found: Answer = answer.http_response
        return found


class _Transport(AioHttpTransport):  # type: ignore[misc]  # the SDK imports it on demand
    """Read bodies here, up to what is wanted, so that what breaks off is asked for again."""

    async def send(self, request: HttpRequest, *, wanted: Wanted, **options: Any) -> Answer:
        answer = await super().send(request, stream=True, **options)
        headers = {name.lower(): text for name, text in answer.headers.items()}
        status = answer.status_code
        if status == HTTPStatus.OK and not wanted.end and wanted.skip > LARGEST_ANSWER:
            await answer.close()  # a server may ignore ranges (RFC 9110)
            raise StorageError("The object store does not read ranges.")
        match status:
            case HTTPStatus.OK:
                body = await _read(answer, skip=wanted.skip, length=wanted.length)
            case HTTPStatus.PARTIAL_CONTENT:
                body = await _read(answer, skip=0, length=wanted.length)
            case _:
                body = await _read(answer, skip=0, length=_LONGEST_ERROR)
        if status == HTTPStatus.OK and not body.rstrip().endswith(wanted.end):
            if len(body) == wanted.length:
                raise BrokenListingError("The object store's answer is longer than any listing.")
            raise HalfListingError("The answer does not end as a listing does.")
        return Answer(status, headers, body)


class _Retries(AsyncRetryPolicy[HttpRequest, Any]):
    """Ask again after pauses of our own: who is told to wait for minutes gives the lease back."""

    async def sleep(self, settings: Any, transport: Any, response: Any = None) -> None:
        del response
        await super().sleep(settings, transport)


async def _read(answer: AsyncHttpResponse, *, skip: int, length: int) -> bytes:
    """Return up to `length` bytes behind the first ones, and close what has more of them."""
    kept: list[bytes] = []
    left, seen = length, 0
    try:
        async for block in answer.iter_raw():
            kept.append(block[skip : skip + left])
            skip = max(0, skip - len(block))
            left -= len(kept[-1])
            seen += len(block)
            if not left and str(seen) != answer.headers.get("Content-Length"):
                await answer.close()
                break
    except BaseException:
        await answer.close()
        raise
    return b"".join(kept)


def _refusal(answer: Answer) -> StorageError:
    return storage_error(answer.status_code, answer.headers, answer.body)


def _encode(query: Mapping[str, str]) -> str:
    return urlencode(query, quote_via=quote)


@cache
def _tls(certificates: str | None) -> ssl.SSLContext:
    """Return what verifies servers; to read the certificates costs as much as ten pages."""
    return ssl.create_default_context(cafile=certificates)
