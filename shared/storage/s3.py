"""The object store of Amazon S3 and whatever speaks its API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from shared.egress import EgressGuard
from shared.errors import StorageError
from shared.leases import Bucket, SessionKeys
from shared.storage.base import MAX_PAGE_SIZE, Children, ListingPage, ObjectRow, UnorderedPage
from shared.storage.following import bear_empty_pages
from shared.storage.joining import join_pages
from shared.storage.limits import LARGEST_ANSWER, Limits
from shared.storage.s3_client import ATTEMPTS, open_s3_client
from shared.storage.s3_errors import bounded
from shared.storage.s3_listing import S3Listing
from shared.storage.slices import read_slice
from shared.uris import Provider

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

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
        self._listing = S3Listing(self._client, self._bucket.name, self._limits)
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

    def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says.

        Raise UnorderedListingError for a listing that is not in UTF-8 byte order, since what it
        has shown would not cover an interval of the key space, and BrokenListingError for one that
        leads nowhere.
        """
        if not versions:
            pages = self._listing.walk_objects(prefix, page_size, after=after)
            return join_pages(pages, after=after, limits=self._limits)
        self._require_versions()
        pages_of_versions = self._listing.walk_versions(prefix, page_size, after=after)
        return join_pages(pages_of_versions, after=after, limits=self._limits)

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over pages in the bucket's own order, as ObjectStore says.

        Raise BrokenListingError for a listing that leads nowhere.
        """
        pages = self._listing.walk_objects(prefix, page_size, token=token)
        async for page in bear_empty_pages(pages, self._limits):
            yield UnorderedPage(page.rows, page.undecodable, page.next_place)

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Ask once for the next level under `prefix`, as ObjectStore says."""
        if not delimiter:
            raise ValueError("A level ends in a delimiter.")
        return await self._listing.list_children(prefix, after=after, delimiter=delimiter)

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        """Return an object's row, or None; `key` sorts first among those that begin with it.

        So does its latest version among its versions.
        """
        if versions:
            self._require_versions()
            rows = (await self._listing.list_versions(key, 1)).rows
        else:
            rows = (await self._listing.list_objects(key, 1)).rows
        return next((row for row in rows if row.key == key), None)

    def _require_versions(self) -> None:
        """Raise StorageError for Cloud Storage, whose listing of versions has a form of its own."""
        if self._bucket.provider is Provider.GCS:
            raise StorageError(
                "By an HMAC key Mooring lists no versions of Cloud Storage: use another method, or "
                "import without pin_versions."
            )

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as ObjectStore says."""
        if start < 0 or length < 1:
            raise ValueError("A range begins at 0 or later and has a byte or more.")
        async with bounded(self._limits.request):
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
                    return await read_slice(body, skip=0, length=length)
                if start > LARGEST_ANSWER:  # a server may ignore Range (RFC 9110)
                    raise StorageError("The object store does not read ranges.")
                return await read_slice(body, skip=start, length=length)


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
