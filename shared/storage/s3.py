"""The object store of Amazon S3 and whatever speaks its API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from botocore.exceptions import ClientError

from shared.egress import EgressGuard
from shared.errors import (
    BrokenListingError,
    ListingTokenError,
    StorageError,
    StorageUnavailableError,
    UnorderedListingError,
)
from shared.leases import Bucket, SessionKeys
from shared.storage.base import MAX_PAGE_SIZE, Children, ListingPage, ObjectRow, UnorderedPage
from shared.storage.children import decode_s3_children
from shared.storage.joining import PageJoiner
from shared.storage.limits import LARGEST_ANSWER, Limits
from shared.storage.pages import DecodedPage, decode_s3_page
from shared.storage.s3_client import ATTEMPTS, RAW_PAGE, open_s3_client
from shared.storage.s3_errors import is_token_refused, translated_errors

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import ListObjectsV2RequestTypeDef

_CHUNK = 64 * 1024
_LIMITS = Limits()


class S3Store:
    """Read one bucket with the keys of a session. Use it as an async context manager.

    The server may be the customer's own: what it may cost us is limited.
    """

    def __init__(
        self,
        bucket: Bucket,
        keys: SessionKeys,
        *,
        egress: EgressGuard,
        attempts: int = ATTEMPTS,
        limits: Limits = _LIMITS,
    ) -> None:
        self._bucket = bucket
        self._limits = limits
        self._opening = open_s3_client(bucket, keys, egress=egress, attempts=attempts)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._client: S3Client = await self._stack.enter_async_context(self._opening)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._stack.aclose()

    async def list_pages(
        self, prefix: str, *, after: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says.

        Raise UnorderedListingError for a listing that is not in UTF-8 byte order, since what it
        has shown would not cover an interval of the key space, and BrokenListingError for one that
        leads nowhere.
        """
        joiner = PageJoiner(after, self._limits)
        began = monotonic()
        async for page in self._follow(prefix, page_size, after=after):
            if not page.ordered:
                raise UnorderedListingError("The listing is not in the order of its keys.")
            joined = joiner.join(page.rows, page.undecodable, is_last=page.next_token is None)
            if joined is not None:
                yield joined
                began = monotonic()
            elif monotonic() - began > self._limits.search.total_seconds():
                raise BrokenListingError("The listing takes too long to find its next key.")

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over pages in the bucket's own order, as ObjectStore says.

        Raise BrokenListingError for a listing that leads nowhere.
        """
        empty = 0
        async for page in self._follow(prefix, page_size, token=token):
            empty = 0 if page.rows or page.undecodable else empty + 1
            if empty > self._limits.empty_pages:
                raise BrokenListingError("The listing has too many pages without a key in a row.")
            yield UnorderedPage(page.rows, page.undecodable, page.next_token)

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Ask once for the next level under `prefix`, as ObjectStore says."""
        if not delimiter:
            raise ValueError("A level ends in a delimiter.")
        body = await self._list(prefix, MAX_PAGE_SIZE, after=after, delimiter=delimiter)
        return decode_s3_children(body, prefix=prefix, after=after, delimiter=delimiter)

    async def find_object(self, key: str) -> ObjectRow | None:
        """Return an object's row, or None; `key` sorts first among those that begin with it."""
        page = decode_s3_page(await self._list(key, 1), prefix=key)
        return next((row for row in page.rows if row.key == key), None)

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as ObjectStore says."""
        if start < 0 or length < 1:
            raise ValueError("A range begins at 0 or later and has a byte or more.")
        async with self._bounded():
            try:
                answer = await self._client.get_object(
                    Bucket=self._bucket.name, Key=key, Range=f"bytes={start}-{start + length - 1}"
                )
            except ClientError as error:
                if _status(error) == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return b""  # it begins at the end of the object or after it
                raise
            body = answer["Body"]
            async with body:
                if answer["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PARTIAL_CONTENT:
                    return await _read(body, skip=0, length=length)
                if start > LARGEST_ANSWER:  # a server may ignore Range (RFC 9110)
                    raise StorageError("The object store does not read ranges.")
                return await _read(body, skip=start, length=length)

    async def _follow(
        self, prefix: str, page_size: int, *, after: str | None = None, token: str | None = None
    ) -> AsyncIterator[DecodedPage]:
        """Iterate over what the store answers, from token to token, but in no circle."""
        steps, turn = 0, 1
        earlier = token
        while True:
            body = await self._list(prefix, page_size, after=None if token else after, token=token)
            page = decode_s3_page(body, prefix=prefix)
            yield page
            token = page.next_token
            if token is None:
                return
            if token == earlier:
                raise BrokenListingError("The listing does not go on.")
            steps += 1
            if steps == turn:  # Brent's search for a cycle: one token remembered, ever further back
                steps, turn, earlier = 0, turn * 2, token

    async def _list(
        self,
        prefix: str,
        page_size: int,
        *,
        after: str | None = None,
        token: str | None = None,
        delimiter: str | None = None,
    ) -> bytes:
        request: ListObjectsV2RequestTypeDef = {
            "Bucket": self._bucket.name,
            "Prefix": prefix,
            "MaxKeys": page_size,
            "EncodingType": "url",  # XML cannot hold control characters
        }
        if token:
            request["ContinuationToken"] = token
        elif after:
            request["StartAfter"] = after
        if delimiter:
            request["Delimiter"] = delimiter
        async with self._bounded():
            try:
                answer = await self._client.list_objects_v2(**request)
            except ClientError as error:
                if token and is_token_refused(error):
                    raise ListingTokenError(
                        "The object store no longer takes the token of the listing."
                    ) from error
                raise
        body = cast("dict[str, object]", answer).get(RAW_PAGE)
        if not isinstance(body, bytes):
            raise BrokenListingError("The store answered with something other than a listing.")
        return body

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Translate the SDK's errors, and give up what takes longer than a request may."""
        try:
            with translated_errors():
                async with asyncio.timeout(self._limits.request.total_seconds()):
                    yield
        except TimeoutError as error:
            raise StorageUnavailableError("The object store did not answer in time.") from error


async def _read(body: "StreamingBody", *, skip: int, length: int) -> bytes:
    """Read `length` bytes behind the first ones of a body, however much the server sends."""
    kept = bytearray()
    while wanted := skip + length - len(kept):
        chunk = await body.read(min(wanted, _CHUNK))
        if not chunk:
            break
        skipped = min(skip, len(chunk))
        skip -= skipped
        kept += chunk[skipped:]
    return bytes(kept)


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
