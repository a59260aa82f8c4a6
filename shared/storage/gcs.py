"""The object store of Google Cloud Storage, over its JSON API."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from shared.egress import EgressGuard
from shared.leases import BearerToken, Bucket
from shared.storage.base import MAX_PAGE_SIZE, Children, ListingPage, ObjectRow, UnorderedPage
from shared.storage.following import bear_empty_pages
from shared.storage.gcs_client import ATTEMPTS, GcsClient
from shared.storage.gcs_listing import GcsListing
from shared.storage.joining import join_pages
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage

_LIMITS = Limits()


class GcsStore:
    """Read one bucket with an OAuth token. Use it as an async context manager.

    The version of an object is its generation, which each has, whether its bucket keeps older ones
    or not ("Object Versioning", Cloud Storage). No storage class has to be restored before it is
    read.
    """

    def __init__(
        self,
        bucket: Bucket,
        grant: BearerToken,
        *,
        egress: EgressGuard,
        attempts: int = ATTEMPTS,
        limits: Limits = _LIMITS,
    ) -> None:
        self._limits = limits
        self._client = GcsClient(bucket, grant, egress=egress, attempts=attempts, limits=limits)
        self._listing = GcsListing(self._client)

    async def __aenter__(self) -> Self:
        await self._client.open()
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
        await self._client.close()

    def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says.

        Cloud Storage lists by name, lexicographically ("Listing objects"). That this is the order
        of the UTF-8 bytes is verified with each page: raise UnorderedListingError where it is not,
        and BrokenListingError for a listing that leads nowhere.
        """
        pages = self._listing.walk_objects(prefix, page_size, after=after, versions=versions)
        return join_pages(pages, after=after, limits=self._limits)

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over pages by their tokens, as ObjectStore says.

        Raise BrokenListingError for a listing that leads nowhere.
        """
        async for page in self._walk(prefix, page_size, token=token):
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

        Cloud Storage may answer with a page that has no entry and is not the last.
        """
        async for page in self._walk(key, 1, versions=versions):
            if page.rows or page.undecodable:
                return next((row for row in page.rows if row.key == key), None)
        return None

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as ObjectStore says."""
        if start < 0 or length < 1:
            raise ValueError("A range begins at 0 or later and has a byte or more.")
        return await self._client.read_range(key, start, length)

    def _walk(
        self, prefix: str, page_size: int, *, token: str | None = None, versions: bool = False
    ) -> AsyncIterator[DecodedPage[str]]:
        """Iterate over pages, of which only so many in a row may be empty."""
        pages = self._listing.walk_objects(prefix, page_size, token=token, versions=versions)
        return bear_empty_pages(pages, self._limits)
