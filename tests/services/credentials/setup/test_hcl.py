"""Text in HCL: whatever it holds, Terraform reads the same text and no template."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.credentials.setup.hcl import hcl_text, hcl_texts

_TOKEN = re.compile(
    r'\\u(?P<code>[0-9a-f]{4})|\\(?P<escape>[nrt"\\])|(?P<sign>[$%])(?P=sign)(?=\{)'
    r"|(?P<template>[$%]\{)|(?P<other>.)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def read(literal: str) -> str:
    """Read a quoted literal as "Strings and Templates" of Terraform's language says."""
    assert literal[0] == literal[-1] == '"'
    inner, found, at = literal[1:-1], "", 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        assert token is not None
        assert not token["template"], "an interpolation"
        assert token["other"] not in {'"', "\\", "\n", "\r"}, "the end of the literal"
        if token["code"]:
            found += chr(int(token["code"], 16))
        elif token["escape"]:
            found += _ESCAPES[token["escape"]]
        else:
            found += token["sign"] or token["other"]
        at = token.end()
    return found


@given(st.text(alphabet=st.one_of(st.sampled_from('$%{}"\\\n\t\x00'), st.characters())))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert read(hcl_text(text)) == text


def test_interpolations_and_quotes_stay_text() -> None:
    assert hcl_text('${file("/etc/passwd")}%{ if x }$${"') == (
        '"$${file(\\"/etc/passwd\\")}%%{ if x }$$${\\""'
    )


def test_a_list_is_a_list_of_literals() -> None:
    assert hcl_texts(["a", '"', ""]) == '["a", "\\"", ""]'
