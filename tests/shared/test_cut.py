"""Cutting rows into pages: the last page has no cursor, also when it is full."""

from uuid import UUID

import pytest

from shared.paging import cut, decode_id_cursor

IDS = [UUID(int=number) for number in range(4)]


@pytest.mark.parametrize(
    ("found", "page", "following"),
    [(0, 0, None), (2, 2, None), (3, 3, None), (4, 3, IDS[2])],
)
def test_a_page_has_a_cursor_only_when_there_is_more(
    found: int, page: int, following: UUID | None
) -> None:
    rows, cursor = cut(IDS[:found], 3, lambda row: row)
    assert (rows, decode_id_cursor(cursor)) == (IDS[:page], following)
