"""Cursors: opaque, exact, and refused when they are not ours."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputError
from shared.paging import Page, decode_cursor, decode_id_cursor, encode_cursor


@given(st.binary())
def test_a_cursor_gives_back_the_key_that_it_was_made_from(key: bytes) -> None:
    cursor = encode_cursor(key)
    assert decode_cursor(cursor) == key
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@given(st.uuids())
def test_a_cursor_gives_back_the_id_that_it_was_made_from(last: UUID) -> None:
    assert decode_id_cursor(encode_cursor(last)) == last


def test_without_a_cursor_a_list_begins_at_its_start() -> None:
    assert decode_cursor(None) is None
    assert decode_id_cursor(None) is None


@given(st.text())
def test_any_text_is_a_cursor_of_ours_or_refused(text: str) -> None:
    try:
        held = decode_cursor(text)
    except InvalidInputError:
        return
    assert held is not None
    assert encode_cursor(held) == text


@pytest.mark.parametrize(
    "cursor", ["A", "AA==", "AB", "A A", "!!!!", "AA\n", "+/+/", "\u0661\u0661", "caf\xe9", "="]
)
def test_a_cursor_that_was_changed_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="not one that this list gave") as refusal:
        decode_cursor(cursor)
    assert refusal.value.members == {"field": "cursor"}


@pytest.mark.parametrize("cursor", ["", "AAAA", encode_cursor(b"x" * 17), "canary"])
def test_a_cursor_that_holds_no_id_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        decode_id_cursor(cursor)
    assert "canary" not in refusal.value.detail


def test_a_page_shows_its_items_and_where_the_next_one_begins() -> None:
    page = Page[int](items=[1, 2], next_cursor=None)
    assert page.model_dump(mode="json") == {"items": [1, 2], "next_cursor": None}
    assert Page[int].model_json_schema()["required"] == ["items", "next_cursor"]
