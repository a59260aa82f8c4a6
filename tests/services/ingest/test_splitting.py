"""Boundaries: wherever they lie, the pieces are all there is, and about as much work each."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.splitting import find_boundaries
from shared.errors import StorageUnavailableError
from shared.storage.base import MAX_PAGE_SIZE, Children, ListingPage
from shared.storage.memory import MemoryStore
from tests.services.ingest.key_layouts import REGULAR, SKEWED, Layout, SortedStore
from tests.services.ingest.paged_stores import SmallPages

KEYS = st.sets(st.text("ab/0é\U0001f600\x01", min_size=1, max_size=6), max_size=60)
PLACES = st.one_of(st.none(), st.text("ab/0é", max_size=4))


def shelve(keys: Iterable[str], *, page_size: int = 100) -> MemoryStore:
    store = SmallPages(page_size)
    for key in keys:
        store.put(key)
    return store


@given(keys=KEYS, prefix=st.sampled_from(["", "a", "b/"]), after=PLACES, upper=PLACES)
@settings(max_examples=150, deadline=None)
async def test_boundaries_ascend_between_the_bounds(
    keys: set[str], prefix: str, after: str | None, upper: str | None
) -> None:
    found = await find_boundaries(
        shelve(keys, page_size=3), prefix, after=after, upper=upper, pieces=5, seen=sorted(keys)[:9]
    )
    assert len(found) < 5
    assert all(first < second for first, second in pairwise(found))
    assert all(key.startswith(prefix) and key > (after or "") for key in found)
    assert upper is None or all(key < upper for key in found)


def number(each: int) -> str:
    return f"img_{each:06}.jpg"


def folder(each: int) -> str:
    return f"a/b/c/{each // 100:03}/{each:05}.jpg"


def digest(each: int) -> str:
    return f"scans/{each * 2654435761 % 2**32:08x}"


def day(each: int) -> str:
    return f"logs/2024/{each % 12 + 1:02}/{each % 28 + 1:02}/{each:05}"


@pytest.mark.parametrize("layout", [number, folder, digest, day])
async def test_the_pieces_of_a_regular_layout_are_about_equal(layout: Callable[[int], str]) -> None:
    keys = sorted(map(layout, range(6_000)))
    store = shelve(keys)
    found = await find_boundaries(store, "", after=keys[99], upper=None, pieces=4, seen=keys[:100])
    cuts = [100, *(bisect_right(keys, each) for each in found), len(keys)]
    sizes = [after - before for before, after in pairwise(cuts)]
    assert len(sizes) == 4
    assert max(sizes) < 2.5 * sum(sizes) / 4


async def test_what_fits_on_a_page_is_not_cut() -> None:
    keys = [number(each) for each in range(150)]
    store = shelve(keys)
    bounded = await find_boundaries(store, "", after=None, upper=keys[90], pieces=4)
    ended = await find_boundaries(store, "", after=keys[60], upper=None, pieces=4)
    assert (bounded, ended) == ([], [])


async def test_keys_that_come_in_one_huge_folder_are_cut_again_and_again() -> None:
    keys = sorted([f"t{each:03}/x" for each in range(500)] + [f"t250/{n:05}" for n in range(3_000)])
    store = shelve(keys)
    cursor, bound = 100, len(keys)
    for _ in range(8):  # as whoever walks the piece with the middle does, page by page
        if bound - cursor < 1_500:
            break
        found = await find_boundaries(
            store,
            "",
            after=keys[cursor - 1],
            upper=None if bound == len(keys) else keys[bound - 1],
            pieces=4,
            seen=keys[cursor - 100 : cursor],
        )
        cuts = [cursor, *(bisect_right(keys, each) for each in found), bound]
        middle = bisect_right(keys, "t250/01500")
        cursor, bound = next((low, high) for low, high in pairwise(cuts) if low <= middle < high)
        cursor += 100
    assert bound - cursor < 1_500


@given(
    keys=KEYS,
    prefix=st.sampled_from(["", "a", "b/"]),
    after=PLACES,
    upper=PLACES,
    pieces=st.integers(1, 20),
    page_size=st.integers(1, 20),
)
@settings(max_examples=300, deadline=None)
async def test_whatever_a_bucket_holds_few_requests_cut_it_between_the_bounds(
    *,
    keys: set[str],
    prefix: str,
    after: str | None,
    upper: str | None,
    pieces: int,
    page_size: int,
) -> None:
    store = CountingPages(page_size)
    for key in keys:
        store.put(key)
    found = await find_boundaries(store, prefix, after=after, upper=upper, pieces=pieces)
    assert store.requests <= max(10, 4 * pieces)
    assert len(found) <= max(0, pieces - 1)
    assert found == sorted(set(found))
    assert all((after or "") < key and (upper is None or key < upper) for key in found)
    assert all("\0" not in key and len(key.encode()) <= 1_024 for key in found)


class CountingPages(SmallPages):
    """A store of small pages that counts the requests for them and for levels."""

    requests = 0

    async def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        self.requests += 1
        pages = super().list_pages(prefix, after=after, page_size=page_size, versions=versions)
        async for page in pages:
            yield page
            self.requests += 1

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        self.requests += 1
        return await super().list_children(prefix, after=after, delimiter=delimiter)


async def measure(keys: list[str], pieces: int, *, start: int = 0) -> tuple[float, int]:
    """Return how much more than its share the largest piece holds, and the requests it took."""
    store = SortedStore(keys)
    after = store.keys[start - 1] if start else None
    seen = store.keys[max(0, start - 1_000) : start]
    found = await find_boundaries(store, "", after=after, upper=None, pieces=pieces, seen=seen)
    cuts = [start, *(bisect_right(store.keys, key) for key in found), len(store.keys)]
    largest = max(high - low for low, high in pairwise(cuts))
    return largest * pieces / (len(store.keys) - start), store.requests


@pytest.mark.parametrize("layout", [*REGULAR, *SKEWED])
async def test_the_pieces_of_a_large_bucket_are_about_equal_for_few_requests(
    layout: Layout,
) -> None:
    keys = layout(Random(1), 100_000)  # noqa: S311 (names of keys, not secrets)
    worst = 2.5 if layout in REGULAR else 4.0
    for pieces, requests in ((2, 10), (4, 16), (16, 64)):
        for start in (0, 30_000):
            share, asked = await measure(keys, pieces, start=start)
            assert (share <= worst, asked <= requests) == (True, True), (pieces, share, asked)


async def test_folders_of_one_file_are_found_in_few_requests_however_deep() -> None:
    keys = ["/".join("a" * 400) + f"/{each:05}" for each in range(20_000)]
    share, asked = await measure(keys, 4)
    assert (share <= 2.5, asked <= 16) == (True, True), (share, asked)


async def test_what_a_store_refuses_is_raised_as_it_is() -> None:
    store = shelve(number(each) for each in range(2_000))
    store.fail(StorageUnavailableError("The store is away."), after_pages=3)
    with pytest.raises(StorageUnavailableError, match="The store is away"):
        await find_boundaries(store, "", after=None, upper=None, pieces=16)
