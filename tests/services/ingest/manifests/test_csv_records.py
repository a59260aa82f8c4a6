"""CSV: what csv.writer writes is what is read, and what nobody should write is told."""

import csv
import io
from time import process_time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.lines import KEY_NAMES, LONGEST_LINE, BadLineCode
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.manifests.reading import PATIENT, TEXTS, Numbered, deliveries, read

CSV = ManifestFormat.CSV
BROKEN = BadLineCode.BROKEN_QUOTES
Quoting = Literal[0, 1]


def written(rows: list[list[str]], quoting: Quoting, end: str) -> tuple[bytes, list[int]]:
    """Return what csv.writer makes of rows, and the number of the line where each begins."""
    file, numbers = io.StringIO(), []
    writer = csv.writer(file, quoting=quoting, lineterminator=end)
    for row in rows:
        numbers.append(file.getvalue().count("\n") + 1)
        writer.writerow(row)
    return file.getvalue().encode(), numbers


def names_a_column(row: list[str]) -> bool:
    return any(field.strip().lower() in KEY_NAMES for field in row)


# csv.writer does not quote a lone carriage return when lines end without one.
STYLES = st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n")])


@PATIENT
@given(st.data(), st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=8), STYLES)
async def test_the_first_column_is_read_of_whatever_was_written(
    data: st.DataObject, rows: list[list[str]], style: tuple[Quoting, str]
) -> None:
    if rows and (names_a_column(rows[0]) or rows[0][0].startswith("\ufeff")):
        return
    raw, numbers = written(rows, *style)
    assert await read(data.draw(deliveries(raw)), CSV) == [
        (number, row[0] or BadLineCode.NO_KEY) for number, row in zip(numbers, rows, strict=True)
    ]


@PATIENT
@given(st.data(), st.sampled_from(KEY_NAMES), st.integers(0, 3), STYLES)
async def test_a_column_that_a_header_names_is_read(
    data: st.DataObject, name: str, column: int, style: tuple[Quoting, str]
) -> None:
    rows = data.draw(st.lists(st.lists(TEXTS, min_size=4, max_size=5), max_size=8))
    header = [*["", "label", "a, b", 'c"d'][:column], f" {name.upper()} ", "more"]
    raw, numbers = written([header, *rows], *style)
    assert await read(data.draw(deliveries(raw)), CSV) == [
        (number, row[column] or BadLineCode.NO_KEY)
        for number, row in zip(numbers[1:], rows, strict=True)
    ]


async def test_hard_keys_come_verbatim() -> None:
    for style in ((csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n")):
        raw, numbers = written([[key, "label"] for key in HARD_KEYS], *style)
        assert await read(raw, CSV) == [*zip(numbers, HARD_KEYS, strict=True)]


async def test_of_several_names_the_first_one_of_ours_counts() -> None:
    assert await read(b"file,url,key\nf,l,k\n", CSV) == [(2, "k")]
    assert await read(b"file,url\nf,l\n", CSV) == [(2, "l")]


async def test_a_row_without_the_column_holds_no_key() -> None:
    raw = b'label,key\na,1\nb\n"c"\nd,\n"e",2\n,,\n\nf,3,more\n'
    no_key = BadLineCode.NO_KEY
    assert await read(raw, CSV) == [
        (2, "1"),
        (3, no_key),
        (4, no_key),
        (5, no_key),
        (6, "2"),
        (7, no_key),
        (9, "3"),
    ]


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b'a\nb"c\nd', [(1, "a"), (2, BROKEN), (3, "d")]),
        (b'a\nb"c"\nd', [(1, "a"), (2, BROKEN), (3, "d")]),
        (b'a\n"b"c\nd', [(1, "a"), (2, BROKEN), (3, "d")]),
        (b'a\n"b" ,c\nd', [(1, "a"), (2, BROKEN), (3, "d")]),
        (b'a\n"b\nc\nd', [(1, "a"), (2, BROKEN), (3, "c"), (4, "d")]),
        (b'a\n"b\nc\n"d"', [(1, "a"), (2, BROKEN), (3, "c"), (4, "d")]),
        (b'"b\nc"d\ne', [(1, BROKEN), (2, BROKEN), (3, "e")]),
        (b'"b\n"c\nd"\ne', [(1, BROKEN), (2, "c\nd"), (4, "e")]),
        (b'"b\n"', [(1, "b\n")]),
        (b'"b\r\nc"\r\nd', [(1, "b\r\nc"), (3, "d")]),
        (b'"', [(1, BROKEN)]),
        (b'"""', [(1, BROKEN)]),
        (b'""""', [(1, '"')]),
        (b'"a""b",c', [(1, 'a"b')]),
        (b'a,"b\nc",d\ne', [(1, "a"), (3, "e")]),
        (b'a,"b\nc\nd', [(1, BROKEN), (2, "c"), (3, "d")]),
        (b'"a\xff\nb"\nc', [(1, BadLineCode.NOT_UTF8), (3, "c")]),
    ],
)
async def test_a_broken_quote_spoils_the_line_where_it_is(raw: bytes, lines: Numbered) -> None:
    assert await read(raw, CSV) == lines
    assert await read([raw[i : i + 1] for i in range(len(raw))], CSV) == lines


async def test_a_quote_that_is_never_closed_spoils_its_line_only() -> None:
    raw = b'"a\n' + b"".join(b"key-%d\n" % number for number in range(2, 50_000))
    assert await read(raw, CSV) == [
        (1, BROKEN),
        *((number, f"key-{number}") for number in range(2, 50_000)),
    ]


async def test_a_record_may_have_many_lines_but_not_more_bytes_than_a_line() -> None:
    fits = b'"' + b"\n" * (LONGEST_LINE - 2) + b'"'
    assert await read(fits + b"\na", CSV) == [
        (1, "\n" * (LONGEST_LINE - 2)),
        (LONGEST_LINE, "a"),
    ]
    one_more = b'"' + b"\n" * (LONGEST_LINE - 1) + b'"\na'
    assert await read(one_more, CSV) == [(1, BadLineCode.TOO_LONG), (LONGEST_LINE + 1, "a")]
    never_seen = b'"' + b"\n" * 2 * LONGEST_LINE + b'"\na'
    assert await read(never_seen, CSV) == [
        (1, BROKEN),
        (2 * LONGEST_LINE + 1, BROKEN),
        (2 * LONGEST_LINE + 2, "a"),
    ]


@pytest.mark.parametrize("line", [b'"a\n', b'"\n', b'",a",","\n', b'",","\n', b'"""\n', b'a,"\n'])
async def test_quotes_in_no_order_take_no_longer_than_others(line: bytes) -> None:
    began = process_time()
    await read(line * 100_000, CSV)
    assert process_time() - began < 10  # a second: were each to be tried with 16 KiB, minutes
