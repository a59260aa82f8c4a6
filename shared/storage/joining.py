"""Joining: what a store answers becomes pages that follow each other without a gap."""

from collections.abc import AsyncIterator, Sequence
from itertools import islice
from operator import lt
from time import monotonic

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.base import ListingPage, ObjectRow, UndecodableKey
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage, PlaceT


class PageJoiner:
    """Give each page the interval of keys that it covers, from where the one before it ends.

    A listing resumes behind a key, so a page ends with its last key that is text. Those that no
    text can hold and that lie behind it belong to the next page, which lists them again when it is
    resumed.
    """

    def __init__(self, after: str | None, limits: Limits) -> None:
        self._after = after
        self._limits = limits
        self._carried: list[UndecodableKey] = []
        self._empty = 0

    def join(
        self,
        rows: list[ObjectRow],
        undecodable: Sequence[UndecodableKey],
        *,
        last: str | None,
        is_last: bool,
    ) -> ListingPage | None:
        """Return the next page; None when there is no key yet that it could end with.

        `rows` are in order, and `last` is the greatest key that was shown: that of the last row,
        one behind it, or None. Raise UnorderedListingError when they, or the keys beside them, do
        not follow what came before, and BrokenListingError when more comes without a key than the
        limits allow.
        """
        self._check_order(rows, undecodable, last)
        self._carried += undecodable
        if is_last:
            return ListingPage(self._after, None, rows, self._carried)
        if last is None or last == self._after:
            self._check_limits(is_empty=last is None and not undecodable)
            return None
        raw = last.encode()
        inside = [key for key in self._carried if key.raw < raw]
        page = ListingPage(self._after, last, rows, inside)
        self._after, self._carried, self._empty = last, self._carried[len(inside) :], 0
        return page

    def _check_order(
        self, rows: list[ObjectRow], undecodable: Sequence[UndecodableKey], last: str | None
    ) -> None:
        after = self._after or ""
        if after and ((rows and rows[0].key <= after) or (last is not None and last < after)):
            raise UnorderedListingError("The listing is not in the order of its keys.")
        if not undecodable:
            return
        raws = [after.encode(), *(key.raw for key in (*self._carried[-1:], *undecodable))]
        if not all(map(lt, raws, islice(raws, 1, None))):
            raise UnorderedListingError("The listing is not in the order of its keys.")

    def _check_limits(self, *, is_empty: bool) -> None:
        self._empty = self._empty + 1 if is_empty else 0
        if self._empty > self._limits.empty_pages:
            raise BrokenListingError(
                f"The listing has more than {self._limits.empty_pages:,} pages without a key in a"
                " row."
            )
        if len(self._carried) > self._limits.undecodable:
            raise BrokenListingError(
                f"The listing has more than {self._limits.undecodable:,} keys in a row that no"
                " text can hold."
            )


async def join_pages(
    pages: AsyncIterator[DecodedPage[PlaceT]], *, after: str | None, limits: Limits
) -> AsyncIterator[ListingPage]:
    """Iterate over pages that join, from `after` on, until the last one.

    Raise UnorderedListingError for pages that are not in UTF-8 byte order, since what they have
    shown would not cover an interval of the key space, and BrokenListingError for those that lead
    nowhere.
    """
    joiner = PageJoiner(after, limits)
    began = monotonic()
    async for page in pages:
        if not page.ordered:
            raise UnorderedListingError("The listing is not in the order of its keys.")
        joined = joiner.join(
            page.rows, page.undecodable, last=page.last, is_last=page.next_place is None
        )
        if joined is not None:
            yield joined
            began = monotonic()
        elif monotonic() - began > limits.search.total_seconds():
            raise BrokenListingError("The listing takes too long to find its next key.")
