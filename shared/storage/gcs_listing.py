"""The listings of one bucket of Cloud Storage: one answer, or one after the other."""

from collections.abc import AsyncIterator

from shared.storage.base import MAX_PAGE_SIZE, Children
from shared.storage.following import follow
from shared.storage.gcs_client import GcsClient
from shared.storage.gcs_pages import (
    CHILDREN_FIELDS,
    PAGE_FIELDS,
    VERSION_FIELDS,
    decode_gcs_children,
    decode_gcs_page,
)
from shared.storage.pages import DecodedPage


class GcsListing:
    """Ask for pages of a bucket's live objects, or for a level of its key space.

    A listing without `versions=true` has the live generation of each object, and neither older
    ones nor what is soft-deleted ("Objects: list", Cloud Storage JSON API).
    """

    def __init__(self, client: GcsClient) -> None:
        self._client = client

    def walk_objects(
        self,
        prefix: str,
        page_size: int,
        *,
        after: str | None = None,
        token: str | None = None,
        versions: bool = False,
    ) -> AsyncIterator[DecodedPage[str]]:
        """Iterate over the pages of objects from a token on, or behind a key."""

        async def ask(place: str | None) -> DecodedPage[str]:
            query = {
                "prefix": prefix,
                "maxResults": str(page_size),
                "fields": VERSION_FIELDS if versions else PAGE_FIELDS,
                "prettyPrint": "false",
            }
            if after:
                query["startOffset"] = after  # inclusive; the same for all pages of a token
            if place:
                query["pageToken"] = place
            return decode_gcs_page(
                await self._client.list_objects(query),
                prefix=prefix,
                after=after,  # the first page may be empty, and the next one begin with it
                versions=versions,
            )

        return follow(ask, token)

    async def list_children(self, prefix: str, *, after: str | None, delimiter: str) -> Children:
        """Return the level under a prefix, behind a key."""
        query = {
            "prefix": prefix,
            "delimiter": delimiter,
            "maxResults": str(MAX_PAGE_SIZE),
            "fields": CHILDREN_FIELDS,
            "prettyPrint": "false",
        }
        if after:
            query["startOffset"] = after
        body = await self._client.list_objects(query)
        return decode_gcs_children(body, prefix=prefix, after=after, delimiter=delimiter)
