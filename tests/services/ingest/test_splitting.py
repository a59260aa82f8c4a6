"""Boundaries: wherever they lie, the pieces are all there is, and about as much work each."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.splitting import find_boundaries
from shared.storage.memory import MemoryStore
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
