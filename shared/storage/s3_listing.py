"""The listings of one bucket of S3: one answer, or one after the other."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from shared.errors import BrokenListingError, ListingTokenError, UnorderedListingError
from shared.storage.base import MAX_PAGE_SIZE, Children
from shared.storage.children import decode_s3_children
from shared.storage.following import follow
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage, decode_s3_page
from shared.storage.s3_client import RAW_PAGE
from shared.storage.s3_errors import bounded, is_not_implemented, is_token_refused
from shared.storage.version_pages import VersionPlace, decode_s3_versions

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import (
        ListObjectsV2RequestTypeDef,
        ListObjectVersionsRequestTypeDef,
    )


class S3Listing:
    """Ask for pages of a bucket's objects or versions, or for a level of its key space."""

    def __init__(self, client: "S3Client", bucket: str, limits: Limits) -> None:
        self._client = client
        self._bucket = bucket
        self._limits = limits

    async def list_objects(
        self, prefix: str, page_size: int, *, after: str | None = None, token: str | None = None
    ) -> DecodedPage[str]:
        """Return the page of a token, or else the first one, behind a key."""
        request = self._request(prefix, page_size)
        if token:
            request["ContinuationToken"] = token
        elif after:
            request["StartAfter"] = after
        return decode_s3_page(await self._ask_objects(request), prefix=prefix)

    async def list_children(self, prefix: str, *, after: str | None, delimiter: str) -> Children:
        """Return the level under a prefix, behind a key."""
        request = self._request(prefix, MAX_PAGE_SIZE)
        request["Delimiter"] = delimiter
        if after:
            request["StartAfter"] = after
        body = await self._ask_objects(request)
        return decode_s3_children(body, prefix=prefix, after=after, delimiter=delimiter)

    async def list_versions(
        self,
        prefix: str,
        page_size: int,
        *,
        after: str | None = None,
        place: VersionPlace | None = None,
    ) -> DecodedPage[VersionPlace]:
        """Return the page at a place, or else the first one, behind a key."""
        request: ListObjectVersionsRequestTypeDef = {
            "Bucket": self._bucket,
            "Prefix": prefix,
            "MaxKeys": page_size,
            "EncodingType": "url",
        }
        if place:
            request["KeyMarker"] = place.key
            if place.version_id:
                request["VersionIdMarker"] = place.version_id
        elif after:
            request["KeyMarker"] = after
        async with bounded(self._limits.request):
            body = _raw_page(await self._client.list_object_versions(**request))
        return decode_s3_versions(body, prefix=prefix, after=None if place else after)

    def walk_objects(
        self, prefix: str, page_size: int, *, after: str | None = None, token: str | None = None
    ) -> AsyncIterator[DecodedPage[str]]:
        """Iterate over the pages of objects from a token on, or behind a key."""

        async def ask(place: str | None) -> DecodedPage[str]:
            return await self.list_objects(prefix, page_size, after=after, token=place)

        return follow(ask, token)

    def walk_versions(
        self, prefix: str, page_size: int, *, after: str | None
    ) -> AsyncIterator[DecodedPage[VersionPlace]]:
        """Iterate over the pages of versions behind a key."""

        async def ask(place: VersionPlace | None) -> DecodedPage[VersionPlace]:
            return await self.list_versions(prefix, page_size, after=after, place=place)

        return follow(ask, None)

    def _request(self, prefix: str, page_size: int) -> "ListObjectsV2RequestTypeDef":
        return {
            "Bucket": self._bucket,
            "Prefix": prefix,
            "MaxKeys": page_size,
            "EncodingType": "url",  # XML cannot hold control characters
        }

    async def _ask_objects(self, request: "ListObjectsV2RequestTypeDef") -> bytes:
        async with bounded(self._limits.request):
            try:
                return _raw_page(await self._client.list_objects_v2(**request))
            except ClientError as error:
                if "ContinuationToken" in request and is_token_refused(error):
                    raise ListingTokenError(
                        "The object store no longer takes the token of the listing."
                    ) from error
                if "StartAfter" in request and is_not_implemented(error):
                    raise UnorderedListingError(
                        "The object store cannot begin a listing behind a key."
                    ) from error
                raise


def _raw_page(answer: object) -> bytes:
    body = cast("Mapping[str, object]", answer).get(RAW_PAGE)
    if not isinstance(body, bytes):
        raise BrokenListingError("The store answered with something other than a listing.")
    return body
