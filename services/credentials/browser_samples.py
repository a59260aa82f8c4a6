"""Browser samples: which object a customer's browser is shown."""

from collections.abc import Iterable

from shared.storage.base import ObjectRow

IMAGES = ("avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp")
"""What browsers show as an image, by the end of the key."""

LARGEST = 20_000_000  # bytes of an image, which is loaded whole
_DOTS = {".", ".."}


def is_image(key: str) -> bool:
    """Say whether a browser shows the object as an image."""
    _, dot, ending = key.rpartition(".")
    return bool(dot) and ending.lower() in IMAGES


def find_sample(rows: Iterable[ObjectRow]) -> ObjectRow | None:
    """Return the smallest image of a page, else its smallest object; None where nothing serves.

    Left out are markers, what is empty or archived, and keys with a segment of dots, which no
    browser asks for as they are (URL Standard, "path state").
    """
    serving = [
        row
        for row in rows
        if row.size
        and not row.archived
        and not row.key.endswith("/")
        and not _DOTS & set(row.key.split("/"))
    ]
    images = [row for row in serving if is_image(row.key) and row.size <= LARGEST]
    return min(images or serving, key=lambda row: row.size, default=None)
