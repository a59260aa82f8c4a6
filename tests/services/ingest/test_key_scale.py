"""A scale of keys: in their order, and back again."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.key_scale import KeyScale

TEXTS = st.text("ab/09_\u00e9\u4e00\U0001f600", max_size=8)
FOLDERS = st.lists(TEXTS, max_size=4, unique=True)


@given(texts=st.lists(TEXTS, max_size=12), samples=st.lists(TEXTS, max_size=6), folders=FOLDERS)
def test_a_greater_key_is_never_placed_before_a_smaller_one(
    texts: list[str], samples: list[str], folders: list[str]
) -> None:
    scale = KeyScale([f"{each}/" for each in sorted(folders)] or [""], samples, depth=8)
    places = [scale.place(text) for text in sorted(texts)]
    assert all(first <= second for first, second in pairwise(places))


@given(samples=st.lists(TEXTS, min_size=1, max_size=6), number=st.integers(0, 10**12))
def test_a_text_stands_at_its_number_or_before_it(samples: list[str], number: int) -> None:
    scale = KeyScale([""], samples, depth=8)
    number %= scale.folder_width
    exact, short = scale.text(number, 0), scale.text(number, scale.folder_width // 8)
    assert exact.startswith(short)
    assert scale.place(short) <= scale.place(exact) <= number


def test_the_numbers_of_a_sequence_are_spread_evenly() -> None:
    scale = KeyScale(["img_"], ["img_000001", "img_000999"], depth=6)
    places = [scale.place(f"img_{each:06}") for each in (0, 1, 250_000, 999_999)]
    assert places == [0, 1, 250_000, 999_999]
    assert scale.text(500_000, 50_000) == "img_50"
