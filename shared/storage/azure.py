"""The object store of Azure Blob Storage."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from shared.egress import EgressGuard
from shared.leases import Bucket, SasToken
from shared.storage.azure_client import ATTEMPTS, AzureClient
from shared.storage.azure_listing import AzureListing, is_behind
from shared.storage.azure_pages import LARGEST_PAGE_SIZE
from shared.storage.base import Children, ListingPage, ObjectRow, UnorderedPage
from shared.storage.following import bear_empty_pages
from shared.storage.joining import join_pages
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage

_LIMITS = Limits()

_VERSIONS = 100  # of one blob, asked for at a time: the current one may come last


class AzureStore:
    """Read one container with a shared access signature. Use it as an async context manager.

    To list needs the permission `l` of the signature, to read `r`. The server may be the
    customer's own: what it may cost us is limited.
    """

    def __init__(
        self,
        bucket: Bucket,
        grant: SasToken,
        *,
        egress: EgressGuard,
        attempts: int = ATTEMPTS,
        limits: Limits = _LIMITS,
    ) -> None:
        self._limits = limits
        self._client = AzureClient(bucket, grant, egress=egress, attempts=attempts, limits=limits)
        self._listing = AzureListing(self._client, limits)

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

    async def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = LARGEST_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says.

        Raise UnorderedListingError for a hierarchical namespace, which lists a folder's content
        right behind it; for names with characters beyond U+FFFF, since Azure's order is that of
        UTF-16; for a service that does not know `startFrom`, if there is anything before `after`;
        and for any other listing that is not in UTF-8 byte order. Raise BrokenListingError for one
        that leads nowhere.

        With `versions`, each row has the id of the current version, "null" from an account that
        keeps none; the permission is the same. The listing reads past every older version.
        """
        if after and is_behind(prefix, after):  # a listing may not start from outside of its prefix
            yield ListingPage(after, None, [], [])
            return
        pages = self._listing.walk_blobs(prefix, page_size, after=after, versions=versions)
        async for page in join_pages(pages, after=after, limits=self._limits):
            yield page

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = LARGEST_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over pages by their markers, as ObjectStore says.

        Raise BrokenListingError for a listing that leads nowhere.
        """
        async for page in self._walk(prefix, page_size, token=token):
            yield UnorderedPage(page.rows, page.undecodable, page.next_place)

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Return the next level under `prefix`, as ObjectStore says."""
        if not delimiter:
            raise ValueError("A level ends in a delimiter.")
        if after and is_behind(prefix, after):
            return Children([], is_last=True)
        return await self._listing.list_children(prefix, after=after or "", delimiter=delimiter)

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        """Return an object's row, or None; `key` sorts first among those that begin with it.

        So do all of its versions. A page of a listing may be empty and not the last.
        """
        page_size = _VERSIONS if versions else 1
        async for page in self._walk(key, page_size, versions=versions):
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
        pages = self._listing.walk_blobs(prefix, page_size, token=token, versions=versions)
        return bear_empty_pages(pages, self._limits)
