"""Ask Cloud Storage's JSON API for one bucket: the token, the connections, the patience."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from random import random
from typing import TypeVar
from urllib.parse import quote, urlencode

import aiohttp
from gcloud.aio.auth import Token
from gcloud.aio.auth.token import TokenResponse
from gcloud.aio.storage import Storage
from yarl import URL

from shared.egress import EgressGuard
from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    ListingTokenError,
    ObjectNotFoundError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import BearerToken, Bucket
from shared.storage.gcs_errors import is_token_refused, storage_error
from shared.storage.guarding import is_guarded, require_allowed
from shared.storage.limits import LARGEST_ANSWER, Limits
from shared.storage.slices import read_slice

GOOGLE = "https://storage.googleapis.com"
ATTEMPTS = 3

_CONNECT_SECONDS = 10
_READ_SECONDS = 120  # between two packets; the limits bound the whole
_LONGEST_ERROR = 64 * 1024
_PASSING = (StorageThrottledError, StorageUnavailableError, BrokenListingError)
_USER_AGENT = f"Mooring gcloud-aio-storage/{version('gcloud-aio-storage')}"

Found = TypeVar("Found")


class LeaseToken(Token):
    """Hand out the token of a lease. It is never refreshed: another lease is asked for instead."""

    def __init__(self, grant: BearerToken) -> None:
        # The SDK's own would look for a service account of this machine's.
        self._grant = grant

    async def get(self) -> str:
        """Return the token."""
        return self._grant.token.get_secret_value()

    async def refresh(self, *, timeout: int) -> TokenResponse:  # noqa: ASYNC109 - the SDK's interface
        """Refuse: nothing calls it."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hold no connections."""


class GcsClient:
    """Ask for pages and bytes of one bucket, between `open` and `close`.

    A request that fails in passing is made again, up to `attempts` times, after waiting as
    "Retry strategy" of Cloud Storage says; the limits bound all of it. Redirects are not followed:
    they would lead around the guard.
    """

    def __init__(
        self,
        bucket: Bucket,
        grant: BearerToken,
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
        root = (bucket.endpoint or GOOGLE).rstrip("/")
        self._root = root
        self._objects = f"{root}/storage/v1/b/{quote(bucket.name, safe='')}/o"

    async def open(self) -> None:
        """Open a session, without a connection yet. Raise EndpointNotAllowedError."""
        require_allowed(self._bucket, self._egress)
        guarded = is_guarded(self._bucket)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=_tls(), resolver=self._egress.resolver() if guarded else None
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
            ),
            trust_env=not guarded,  # the environment's proxies lead around the guard
        )
        await self._stack.enter_async_context(session)
        self._storage = Storage(
            token=LeaseToken(self._grant),
            session=session,  # type: ignore[arg-type]  # typed as the blocking one of `requests`
            api_root=self._root,
            api_is_dev=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def list_objects(self, query: Mapping[str, str]) -> bytes:
        """Return the bytes of an answer to objects.list.

        Raise BrokenListingError for what is not the whole of a JSON object, and ListingTokenError
        when the query's page token is not taken.
        """
        url = f"{self._objects}?{urlencode(query, quote_via=quote)}"

        async def read(answer: aiohttp.ClientResponse) -> bytes:
            if answer.status != HTTPStatus.OK:
                body = await _read_error(answer)
                if "pageToken" in query and is_token_refused(answer.status, body):
                    raise ListingTokenError(
                        "The object store no longer takes the token of the listing."
                    )
                raise _error(answer, body, missing=BucketNotFoundError)
            return await _read_page(answer)

        page = await self._ask(url, {"Accept-Encoding": "identity"}, read)
        if len(page) > LARGEST_ANSWER:  # as often as it is asked for
            raise BrokenListingError("The object store's answer is longer than any listing.")
        return page

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as they are stored.

        `Accept-Encoding: gzip` keeps Cloud Storage from unpacking objects that were uploaded with
        `Content-Encoding: gzip`, which it does without regard to the range ("Transcoding").
        """
        url = f"{self._objects}/{quote(key, safe='')}?alt=media"
        headers = {"Range": f"bytes={start}-{start + length - 1}", "Accept-Encoding": "gzip"}

        async def read(answer: aiohttp.ClientResponse) -> bytes:
            match answer.status:
                case HTTPStatus.PARTIAL_CONTENT:
                    return await read_slice(answer.content, skip=0, length=length)
                case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return b""  # it begins at the end of the object or after it
                case HTTPStatus.OK if start <= LARGEST_ANSWER:  # Range is ignored (RFC 9110)
                    return await read_slice(answer.content, skip=start, length=length)
                case HTTPStatus.OK:
                    raise StorageError("The object store does not read ranges.")
            raise _error(answer, await _read_error(answer), missing=ObjectNotFoundError)

        return await self._ask(url, headers, read)

    async def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[aiohttp.ClientResponse], Awaitable[Found]],
    ) -> Found:
        """Return what is read of an answer, asked for again while it fails in passing."""
        try:
            async with asyncio.timeout(self._limits.request.total_seconds()):
                for attempt in range(1, self._attempts):
                    try:
                        return await self._ask_once(url, headers, read)
                    except _PASSING:
                        await asyncio.sleep(pause_after(attempt))
                return await self._ask_once(url, headers, read)
        except TimeoutError as error:
            raise StorageUnavailableError("The object store did not answer in time.") from error

    async def _ask_once(
        self,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[aiohttp.ClientResponse], Awaitable[Found]],
    ) -> Found:
        token = await self._storage.token.get()
        try:
            answer = await self._storage.session.request(
                "GET",
                URL(url, encoded=True),  # type: ignore[arg-type]  # as it is: `..` in a key stays
                headers={
                    "Authorization": f"Bearer {token}",
                    "User-Agent": _USER_AGENT,  # in the customer's access logs
                    **headers,
                },
                auto_raise_for_status=False,  # which would keep the whole body in the message
                allow_redirects=False,
                auto_decompress=False,
            )
            async with answer:
                return await read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error


def pause_after(attempt: int) -> float:
    """Return the seconds to wait before asking again: twice as many each time, less a part."""
    return random() * 2.0 ** (attempt - 1)  # noqa: S311 - it only spreads requests


def _error(
    answer: aiohttp.ClientResponse, body: bytes, *, missing: type[StorageError]
) -> StorageError:
    headers = {name.lower(): text for name, text in answer.headers.items()}
    return storage_error(answer.status, headers, body, missing=missing)


async def _read_page(answer: aiohttp.ClientResponse) -> bytes:
    """Return a page's bytes, or somewhat more than the largest page has."""
    blocks: list[bytes] = []
    left = LARGEST_ANSWER
    while block := await answer.content.readany():
        blocks.append(block)
        left -= len(block)
        if left < 0:
            answer.close()
            return b"".join(blocks)
    page = b"".join(blocks)
    if not page.rstrip().endswith(b"}"):
        raise BrokenListingError("The object store answered with something other than a listing.")
    return page


async def _read_error(answer: aiohttp.ClientResponse) -> bytes:
    """Return the beginning of a refusal's body, which says more than its status."""
    body = await read_slice(answer.content, skip=0, length=_LONGEST_ERROR)
    if len(body) == _LONGEST_ERROR:
        answer.close()
    return body


@cache
def _tls() -> ssl.SSLContext:
    """Return what verifies servers; to read the certificates costs as much as ten pages."""
    return ssl.create_default_context()
