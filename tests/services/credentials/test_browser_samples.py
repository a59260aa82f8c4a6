"""Which object a browser is shown."""

from datetime import UTC, datetime

import pytest

from services.credentials.browser_samples import LARGEST, find_sample, is_image
from shared.storage.base import ObjectRow

MADE = datetime(2026, 11, 1, tzinfo=UTC)


def row(key: str, size: int = 10, storage_class: str = "STANDARD") -> ObjectRow:
    return ObjectRow(key, size, "e", MADE, storage_class)


@pytest.mark.parametrize("key", ["a.jpg", "a/b.PNG", "x.y.webp"])
def test_an_image_is_known_by_its_end(key: str) -> None:
    assert is_image(key)


@pytest.mark.parametrize("key", ["a.mp4", "jpg", "a.jpg.txt", "a."])
def test_what_ends_otherwise_is_none(key: str) -> None:
    assert not is_image(key)


def test_the_smallest_image_is_shown_and_else_the_smallest_object() -> None:
    rows = [row("a.txt", 1), row("big.png", 30), row("small.png", 20)]
    assert find_sample(rows) == rows[2]
    assert find_sample([rows[0], row("b.mp4", 5)]) == rows[0]
    huge = row("huge.png", LARGEST + 1)
    assert find_sample([huge, row("b.mp4", LARGEST)]) == row("b.mp4", LARGEST)


def test_what_no_browser_could_load_is_not_shown() -> None:
    rows = [
        row("folder/"),
        row("empty.png", 0),
        row("cold.png", storage_class="GLACIER"),
        row("a/../b.png"),
        row("./a.png"),
    ]
    assert find_sample(rows) is None
    assert find_sample([]) is None
    assert find_sample([*rows, row("...png")]) == row("...png")
