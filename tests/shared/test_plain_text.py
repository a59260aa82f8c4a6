"""Names that others chose are shown so that nothing in them acts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.plain_text import show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("photos/é e\u0301 日本 😀/", "photos/é e\u0301 日本 😀/"),
        ("a\nb\tc\x1b[31m", "a\\u{a}b\\u{9}c\\u{1b}[31m"),
        ("acme\u202egpj.", "acme\\u{202e}gpj."),
        ("a\u200bb\u2028\U000e0041", "a\\u{200b}b\\u{2028}\\u{e0041}"),
    ],
)
def test_what_is_invisible_or_acts_is_written_out(text: str, shown: str) -> None:
    assert show(text) == shown


@given(st.text())
def test_what_is_shown_can_be_printed_on_one_line(text: str) -> None:
    assert show(text).isprintable()
