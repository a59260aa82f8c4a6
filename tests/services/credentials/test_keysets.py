"""Keysets: a file of key-encryption keys, refused when it cannot be meant."""

import json
from base64 import b64encode
from pathlib import Path

import pytest

from services.credentials.keysets import Keyset, KeysetError, WrappedKey
from shared.errors import SealBrokenError

KEY = bytes(range(32))
TEXT = b64encode(KEY).decode()


def test_a_keyset_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "keyset.json"
    file.write_text(json.dumps({"primary": "a", "keys": {"a": TEXT}}))
    assert Keyset.read(file) == Keyset("a", {"a": KEY})


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"primary": "a"}',
        b'{"primary": "a", "keys": []}',
        b'{"primary": "a", "keys": {"a": 5}}',
        b'{"primary": "a", "keys": {"a": "not base64!"}}',
        json.dumps({"primary": "b", "keys": {"a": TEXT}}).encode(),
        json.dumps({"primary": "a", "keys": {"a": b64encode(KEY[:16]).decode()}}).encode(),
    ],
)
def test_a_document_that_is_no_keyset_is_refused_without_showing_it(document: bytes) -> None:
    with pytest.raises(KeysetError) as refused:
        Keyset.parse(document)
    assert TEXT not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysetError, match="cannot be read"):
        Keyset.read(tmp_path / "keyset.json")


def test_a_keyset_shows_no_key() -> None:
    shown = repr(Keyset("a", {"a": KEY}))
    assert "a" in shown
    assert repr(KEY)[2:-1] not in shown


async def test_a_wrapped_key_opens_in_its_context_only() -> None:
    keyset = Keyset("a", {"a": KEY})
    wrapped = await keyset.wrap(b"data key", b"one")
    assert await keyset.unwrap(wrapped, b"one") == b"data key"
    for broken, context in (
        (wrapped, b"other"),
        (WrappedKey("b", wrapped.wrapped), b"one"),
        (WrappedKey("a", wrapped.wrapped[:-1]), b"one"),
        (WrappedKey("a", b""), b"one"),
    ):
        with pytest.raises(SealBrokenError):
            await keyset.unwrap(broken, context)
