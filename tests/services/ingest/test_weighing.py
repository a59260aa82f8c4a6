"""Weighing: what pages tell of the gaps between them."""

import pytest

from services.ingest.landscape import Landscape, Level, Page
from services.ingest.weighing import Kinds, weigh


def draw(*pages: tuple[str, str, int, int]) -> Level:
    """Return the weighed landscape of pages of numbers: behind which, up to which, and how many."""
    land = Landscape("", "000000", "a", [])
    for after, last, first, end in pages:
        land.add_page(Page(after, last, [f"{each:06}" for each in range(first, end)]))
    top = land.draw()
    weigh(top)
    return top


def test_a_gap_between_equal_pages_holds_as_many_keys_as_fit() -> None:
    top = draw(
        ("000000", "000999", 1, 1_000),
        ("100000", "100999", 100_001, 101_000),
        ("999999", "a", 0, 0),
    )
    assert [part.keys is None for part in top.stretches] == [False, True, False, True, False]
    assert top.stretches[1].weight == pytest.approx(99_000, rel=0.01)


def test_a_gap_before_nothing_holds_far_fewer_keys_than_fit() -> None:
    top = draw(("000000", "000999", 1, 1_000), ("999999", "a", 0, 0))
    assert 1_000 < top.stretches[1].weight < 10_000


def test_one_folder_with_nothing_behind_it_does_not_speak_for_all() -> None:
    month = Level("2024/05/", "2024/05/", "2024/050", [], weight=600.0)
    year = Level("2024/", "2024/05/", "20240", [month])
    assert Kinds(rests={1: [0.0]}).expect_rest(year) == 300
    assert Kinds(rests={1: [0.0] * 5}).expect_rest(year) == 100
    assert Kinds().expect_rest(year) == 600
