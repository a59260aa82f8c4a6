"""The URL encoding of names is undone as the standard library undoes it."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.storage.base import UndecodableKey
from shared.storage.names import Names, undo_percents
from tests.hard_keys import HARD_KEYS

pieces = st.sampled_from(
    [
        "%",
        "%%",
        "=",
        "==",
        "=4",
        "=41",
        "%3D",
        "%3d",
        "%4",
        "%41",
        "%zz",
        "%\u0664\u0661",
        "%e2%82%ac",
        "_",
        " ",
        "\t",
        "\n",
        "=\n",
        "%\n",
        "=\r\n",
        "%0A",
        "%00",
        "\0",
        "%ff",
        "\u05e9",
        "\U0001f3a3",
    ]
)


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(st.lists(pieces | st.text(st.characters(exclude_categories=["Cs"]))).map("".join))
def test_percents_are_undone_as_the_standard_library_undoes_them(text: str) -> None:
    assert undo_percents(text) == unquote_to_bytes(text)


@pytest.mark.parametrize("safe", ["", "/", "=&!"])
def test_hard_keys_are_decoded(safe: str) -> None:
    texts = [quote(key, safe=safe) for key in HARD_KEYS]
    assert Names.decode(texts, url_encoded=True) == Names(list(HARD_KEYS), list(HARD_KEYS), [])


def test_one_name_that_is_no_text_leaves_the_others_as_they_are() -> None:
    no_text = [
        UndecodableKey(b"a\xff", "key-not-utf8", "The key is not valid UTF-8."),
        UndecodableKey(b"b\0c", "key-has-nul", "The key has a NUL character."),
    ]
    for texts, undecodable in (
        (["x+y", "a%FF", "%E2%82%AC"], no_text[:1]),
        (["x+y", "b%00c", "%E2%82%AC"], no_text[1:]),
    ):
        assert Names.decode(texts, url_encoded=True) == Names(
            ["x y", *undecodable, "\u20ac"], ["x y", "\u20ac"], undecodable
        )


def test_no_names_are_decoded_to_none() -> None:
    assert Names.decode([], url_encoded=True) == Names([], [], [])
