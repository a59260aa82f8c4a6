"""Following: the pages of a listing one after the other, in no circle and through no desert."""

from collections.abc import AsyncIterator, Awaitable, Callable

from shared.errors import BrokenListingError
from shared.storage.limits import Limits
from shared.storage.pages import DecodedPage, PlaceT


async def follow(
    ask: Callable[[PlaceT | None], Awaitable[DecodedPage[PlaceT]]], place: PlaceT | None
) -> AsyncIterator[DecodedPage[PlaceT]]:
    """Iterate over pages from this place on. Raise BrokenListingError for places in a circle."""
    steps, turn, earlier = 0, 1, place
    while True:
        page = await ask(place)
        yield page
        place = page.next_place
        if place is None:
            return
        if place == earlier:
            raise BrokenListingError("The listing does not go on.")
        steps += 1
        if steps == turn:  # Brent's search for a cycle: one place remembered, ever further back
            steps, turn, earlier = 0, turn * 2, place


async def bear_empty_pages(
    pages: AsyncIterator[DecodedPage[PlaceT]], limits: Limits
) -> AsyncIterator[DecodedPage[PlaceT]]:
    """Iterate over pages; raise BrokenListingError when too many in a row have no key."""
    empty = 0
    async for page in pages:
        empty = 0 if page.rows or page.undecodable else empty + 1
        if empty > limits.empty_pages:
            raise BrokenListingError("The listing has too many pages without a key in a row.")
        yield page
