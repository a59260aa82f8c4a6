"""The object store of Amazon S3 and whatever speaks its API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from botocore.exceptions import ClientError

from shared.egress import EgressGuard
from shared.errors import BrokenListingError
from shared.leases import Bucket, SessionKeys
from shared.storage.base import MAX_PAGE_SIZE, ListingPage, ObjectRow, UndecodableKey
from shared.storage.pages import DecodedPage, decode_s3_page
from shared.storage.s3_client import ATTEMPTS, RAW_PAGE, open_s3_client
from shared.storage.s3_errors import translated_errors

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import ListObjectsV2RequestTypeDef


class S3Store:
    """Read one bucket with the keys of a session. Use it as an async context manager."""

    def __init__(
        self, bucket: Bucket, keys: SessionKeys, *, egress: EgressGuard, attempts: int = ATTEMPTS
    ) -> None:
        self._bucket = bucket
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

        Raise BrokenListingError for a listing that is not in UTF-8 byte order, since what it has
        shown would not cover an interval of the key space.
        """
        token: str | None = None
        undecodable: list[UndecodableKey] = []
        while True:
            page = await self._list_page(
                prefix, page_size, after=None if token else after, token=token
            )
            if not page.ordered or (after and page.rows and page.rows[0].key <= after):
                raise BrokenListingError("The listing is not in the order of its keys.")
            undecodable += page.undecodable
            if page.next_token is None:
                yield ListingPage(after, None, page.rows, undecodable)
                return
            if page.next_token == token:
                raise BrokenListingError("The listing does not go on.")
            if page.rows:  # else there is no key to resume from: the next page covers this one too
                last = page.rows[-1].key
                yield ListingPage(after, last, page.rows, undecodable)
                after, undecodable = last, []
            token = page.next_token

    async def find_object(self, key: str) -> ObjectRow | None:
        """Return an object's row, or None; `key` sorts first among those that begin with it."""
        page = await self._list_page(key, 1)
        return next((row for row in page.rows if row.key == key), None)

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as ObjectStore says."""
        if start < 0 or length < 1:
            raise ValueError("A range begins at 0 or later and has a byte or more.")
        end = start + length
        with translated_errors():
            try:
                answer = await self._client.get_object(
                    Bucket=self._bucket.name, Key=key, Range=f"bytes={start}-{end - 1}"
                )
            except ClientError as error:
                if _status(error) == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return b""  # it begins at the end of the object or after it
                raise
            body = answer["Body"]
            async with body:
                if answer["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PARTIAL_CONTENT:
                    return await _read(body, length)
                return (await _read(body, end))[start:]  # a server may ignore Range (RFC 9110)

    async def _list_page(
        self, prefix: str, page_size: int, *, after: str | None = None, token: str | None = None
    ) -> DecodedPage:
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
        with translated_errors():
            answer = await self._client.list_objects_v2(**request)
        body = cast("dict[str, object]", answer).get(RAW_PAGE)
        if not isinstance(body, bytes):
            raise BrokenListingError("The store answered with something other than a listing.")
        return decode_s3_page(body, prefix=prefix)


async def _read(body: "StreamingBody", limit: int) -> bytes:
    """Read a body to its end, or up to a limit, however much the server sends."""
    chunks = bytearray()
    while len(chunks) < limit and (chunk := await body.read(limit - len(chunks))):
        chunks += chunk
    return bytes(chunks)


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
