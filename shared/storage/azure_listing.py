"""The listings of one container of Azure's: one answer, or one after the other."""

import re
from collections.abc import AsyncIterator

from shared.errors import BrokenListingError
from shared.storage.azure_client import AzureClient
from shared.storage.azure_pages import decode_azure_level, decode_azure_page
from shared.storage.base import MAX_PAGE_SIZE, Children
from shared.storage.following import follow
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LAST_CHARACTER, _LAST_BY_UTF16 = chr(0x10FFFF), "\ufffd"  # behind it is what no XML has


class AzureListing:
    """Ask for pages of a container's blobs, or for a level of its key space.

    A listing has blobs of all types, and neither snapshots nor what is soft-deleted ("List Blobs",
    `include`). Nor has it metadata, which may be 8 KB of each blob, 40 MB of a page: what marks a
    directory by `hdi_isfolder`, where there is no hierarchical namespace, is a blob like others.
    """

    def __init__(self, client: AzureClient, limits: Limits) -> None:
        self._client = client
        self._limits = limits

    def walk_blobs(
        self,
        prefix: str,
        page_size: int,
        *,
        after: str | None = None,
        token: str | None = None,
        versions: bool = False,
    ) -> AsyncIterator[DecodedPage[str]]:
        """Iterate over the pages of blobs from a marker on, or behind a key."""
        query = _query(prefix, page_size)
        if versions:
            query["include"] = "versions"
        if after and is_inside(prefix, after):
            _set_start(query, prefix, after)  # inclusive

        async def ask(place: str | None) -> DecodedPage[str]:
            body = await self._client.list_blobs(_at(query, place))
            return decode_azure_page(body, prefix=prefix, after=after, versions=versions)

        return follow(ask, token)

    async def list_children(self, prefix: str, *, after: str, delimiter: str) -> Children:
        """Return the level under a prefix, behind a key.

        A listing with a delimiter starts from an entry of its level only, so it starts from the one
        that `after` is or lies in. Answers without an entry behind `after` are followed.
        """
        query = {**_query(prefix, MAX_PAGE_SIZE), "delimiter": delimiter}
        if after and is_inside(prefix, after):
            _set_start(query, prefix, prefix + after[len(prefix) :].partition(delimiter)[0])
        marker: str | None = None
        for _ in range(self._limits.empty_pages):
            body = await self._client.list_blobs(_at(query, marker))
            entries, marker = decode_azure_level(
                body, prefix=prefix, after=after, delimiter=delimiter
            )
            if entries or marker is None:
                return Children(entries, is_last=marker is None)
        raise BrokenListingError("The listing has too many pages without a key in a row.")


def is_inside(prefix: str, key: str) -> bool:
    """Say whether a listing of the prefix may start from the key."""
    return key != prefix and key.startswith(prefix)


def is_behind(prefix: str, key: str) -> bool:
    """Say whether the key is greater than all that begin with the prefix."""
    return key > prefix and not key.startswith(prefix)


def _set_start(query: dict[str, str], prefix: str, text: str) -> None:
    """Let a listing start behind a text, which may be no name but an end.

    Names have no control characters, and a query with one is refused: what follows the text begins
    with the next character. The last character of all is not the last by UTF-16. What is shown too
    early is seen, as it is less than the text.
    """
    control = _CONTROL.search(text)
    if control is not None:
        text = text[: control.start()] + ("\x80" if control[0] == "\x7f" else " ")
    if text != prefix:
        query["startFrom"] = text.replace(_LAST_CHARACTER, _LAST_BY_UTF16)


def _query(prefix: str, page_size: int) -> dict[str, str]:
    query = {"maxresults": str(page_size)}
    return {**query, "prefix": prefix} if prefix else query


def _at(query: dict[str, str], marker: str | None) -> dict[str, str]:
    return query if marker is None else {**query, "marker": marker}
