"""JSON lines: what json.dumps writes is what is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.lines import KEY_NAMES, BadLineCode
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.manifests.reading import PATIENT, TEXTS, deliveries, read

JSONL = ManifestFormat.JSONL
VALUES = st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS, max_size=2)


@PATIENT
@given(
    data=st.data(),
    entries=st.lists(st.tuples(TEXTS.filter(bool), st.none() | st.sampled_from(KEY_NAMES), VALUES)),
    end=st.sampled_from(["\n", "\r\n"]),
    is_ascii=st.booleans(),
)
async def test_strings_and_members_come_verbatim(
    data: st.DataObject,
    entries: list[tuple[str, str | None, object]],
    end: str,
    *,
    is_ascii: bool,
) -> None:
    lines = [
        json.dumps(entry if name is None else {"label": other, name: entry}, ensure_ascii=is_ascii)
        for entry, name, other in entries
    ]
    raw = "".join(line + end for line in lines).encode()
    assert await read(data.draw(deliveries(raw)), JSONL) == [
        (number, entry) for number, (entry, _, _) in enumerate(entries, 1)
    ]


async def test_hard_keys_come_verbatim() -> None:
    raw = "\n".join(json.dumps({"uri": key}) for key in HARD_KEYS).encode()
    assert await read(raw, JSONL) == [*enumerate(HARD_KEYS, 1)]


async def test_the_first_name_that_says_something_names_the_entry() -> None:
    raw = b'{"file": "f", "uri": "u", "key": "k"}\n{"file": "f", "key": null, "url": "l"}\n'
    assert await read(raw, JSONL) == [(1, "k"), (2, "l")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"key", BadLineCode.NOT_JSON),
        (b'"key', BadLineCode.NOT_JSON),
        (b'"key" "key"', BadLineCode.NOT_JSON),
        (b'{"key": "k"', BadLineCode.NOT_JSON),
        (b"[" * 10_000, BadLineCode.NOT_JSON),
        (b"9" * 10_000, BadLineCode.NOT_JSON),
        (b'"tab\tinside"', BadLineCode.NOT_JSON),
        (b"17", BadLineCode.NO_KEY),
        (b"null", BadLineCode.NO_KEY),
        (b'""', BadLineCode.NO_KEY),
        (b'["key"]', BadLineCode.NO_KEY),
        (b"{}", BadLineCode.NO_KEY),
        (b'{"name": "k"}', BadLineCode.NO_KEY),
        (b'{"key": ["k"]}', BadLineCode.NO_KEY),
        (b'{"key": ""}', BadLineCode.NO_KEY),
        (b'"half \\ud83c"', BadLineCode.NOT_UTF8),
        (b'{"key": "\\udf89"}', BadLineCode.NOT_UTF8),
        (b'"\xff"', BadLineCode.NOT_UTF8),
    ],
)
async def test_a_line_without_an_entry_says_why(line: bytes, code: BadLineCode) -> None:
    assert await read(b'"a"\n \t\r\n' + line + b'\n"b"', JSONL) == [(1, "a"), (3, code), (4, "b")]
