"""Pages of rows that are in the order of what their cursor holds."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from shared.paging import encode_cursor

Row = TypeVar("Row")


def cut(
    rows: Sequence[Row], limit: int, position: Callable[[Row], UUID | bytes]
) -> tuple[Sequence[Row], str | None]:
    """Return a page and the cursor to the next one, from up to `limit + 1` rows."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(position(rows[limit - 1]))
