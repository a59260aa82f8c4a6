"""Browser origins: what a browser sends, letter for letter, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputError
from shared.origins import parse_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80", "http://app.example.com"),
        ("https://app.example.com:80", "https://app.example.com:80"),
        ("https://app.example.com:0443", "https://app.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("http://[2001:DB8::A]", "http://[2001:db8::a]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://my_app.example.com", "https://my_app.example.com"),
        ("https://a", "https://a"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin
    assert parse_origin(origin) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "null",
        "app.example.com",
        "//app.example.com",
        "https://",
        "https:///",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?",
        "https://app.example.com#",
        "https://app.example.com:",
        "https://app.example.com:0",
        "https://app.example.com:65536",
        "https://app.example.com:-1",
        "https://app.example.com:8x",
        "https://app.example.com:\u0661",
        "https://user@app.example.com",
        "https://user:password@app.example.com",
        "ftp://app.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://b\u00fccher.example",
        "https://app.example.com ",
        " https://app.example.com",
        "https://app.exa\tmple.com",
        "https://app.example.com\n",
        "https://app.example.com\r\nX-Header: 1",
        "https://app..example.com",
        "https://-app.example.com",
        "https://app.example.com-",
        "https://app.example.com.",
        "https://app.example.com,https://other.example.com",
        "https://app.example.com\\@evil.com",
        "https://[::1",
        "https://[not-an-address]",
        "https://[v1.x]",
        "https://[::1]x",
        "https://999.1.1.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.0.0.1",
        "https://" + "a" * 64 + ".example",
        "https://" + ".".join(["a" * 60] * 5),
    ],
)
def test_what_no_browser_sends_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        parse_origin(text)
    assert refusal.value.members == {"field": "origins"}
    assert "evil" not in refusal.value.detail


@given(st.text())
def test_any_text_is_an_origin_or_refused(text: str) -> None:
    try:
        origin = parse_origin(text)
    except InvalidInputError:
        return
    assert parse_origin(origin) == origin


@given(
    st.from_regex(r"https?://[a-z0-9.\[\]:@/?#\\ \t-]{0,30}", fullmatch=True),
)
def test_what_is_accepted_stays_as_it_is(text: str) -> None:
    try:
        origin = parse_origin(text)
    except InvalidInputError:
        return
    assert parse_origin(origin) == origin
    assert origin.count("://") == 1
    assert not set(origin.partition("://")[2]) & set("/?#@\\ \t")
