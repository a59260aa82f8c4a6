"""Reading a manifest: the same lines however it is cut, packed, ended or taken up again."""

import gzip
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.lines import BATCH_LINES, LONGEST_LINE, BadLineCode
from services.ingest.manifests.reading import read_lines
from services.ingest.manifests.unpacking import unpack
from shared.errors import InvalidManifestError
from tests.services.ingest.manifests.reading import PATIENT, deliveries, read, stream

CSV, JSONL, TEXT = ManifestFormat.CSV, ManifestFormat.JSONL, ManifestFormat.TEXT
LONG = (b"k" * 5 * 1024, b"k" * 16 * 1024)

TRICKY = st.lists(
    st.sampled_from(
        [*map(bytes, zip(b'",\n\ra\xc3\xa9{}:\0\\')), b'""', b"key", b"\xef\xbb\xbf", b'["', *LONG]
    ),
    max_size=30,
).map(b"".join)
"""Bytes that mean something to a parser, in no order."""


@PATIENT
@given(st.data(), TRICKY, st.sampled_from(ManifestFormat))
async def test_whatever_comes_is_the_same_however_it_is_cut_and_packed(
    data: st.DataObject, raw: bytes, manifest_format: ManifestFormat
) -> None:
    if raw.startswith(b"\x1f\x8b"):
        return
    lines = await read(raw, manifest_format)
    assert await read(data.draw(deliveries(raw)), manifest_format) == lines
    numbers = [number for number, _ in lines]
    assert numbers == sorted(set(numbers))
    assert numbers == [] or 0 < numbers[0] <= numbers[-1] <= raw.count(b"\n") + 1


@PATIENT
@given(st.data(), TRICKY, st.sampled_from(ManifestFormat))
async def test_a_reading_goes_on_behind_any_line(
    data: st.DataObject, raw: bytes, manifest_format: ManifestFormat
) -> None:
    lines = await read(raw, manifest_format)
    after = data.draw(st.integers(0, len(lines) + 1))
    assert await read(raw, manifest_format, after=after) == [
        line for line in lines if line[0] > after
    ]


@pytest.mark.parametrize("manifest_format", ManifestFormat)
async def test_a_long_manifest_goes_on_behind_any_batch(manifest_format: ManifestFormat) -> None:
    quote = "" if manifest_format is TEXT else '"'
    raw = b"".join(f"{quote}k{number}{quote}\n".encode() for number in range(1, 20_001))
    expected = [(number, f"k{number}") for number in range(1, 20_001)]
    for after in (0, 1, 4_999, 5_000, 12_345, 19_999, 20_000):
        assert await read(raw, manifest_format, after=after) == expected[after:]


async def test_lines_come_in_batches_of_some_thousand() -> None:
    raw = b"\n".join(b"key %d" % number for number in range(23_456))
    sizes = [len(batch) async for batch in read_lines(stream([raw]), TEXT)]
    assert sum(sizes) == 23_456
    assert all(BATCH_LINES <= size < 2 * BATCH_LINES for size in sizes[:-1])


@pytest.mark.parametrize("manifest_format", ManifestFormat)
@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
async def test_a_manifest_of_nothing_has_no_lines(
    raw: bytes, manifest_format: ManifestFormat
) -> None:
    assert await read(raw, manifest_format) == []
    assert await read(gzip.compress(raw), manifest_format) == []


@pytest.mark.parametrize("manifest_format", ManifestFormat)
async def test_a_byte_order_mark_is_no_part_of_the_first_line(
    manifest_format: ManifestFormat,
) -> None:
    line = b"k" if manifest_format is TEXT else b'"k"'
    raw = b"\xef\xbb\xbf" + line + b"\n" + line
    assert await read([raw[:1], raw[1:2], raw[2:]], manifest_format) == [(1, "k"), (2, "k")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
async def test_utf_16_is_told_from_utf_8(encoding: str) -> None:
    raw = "\ufeffkey\nanother".encode(encoding)
    with pytest.raises(InvalidManifestError, match="UTF-8"):
        await read(raw, TEXT)


@pytest.mark.parametrize("manifest_format", ManifestFormat)
async def test_a_line_that_is_too_long_is_told_and_the_next_one_is_read(
    manifest_format: ManifestFormat,
) -> None:
    def line(size: int) -> bytes:
        return b"k" * size if manifest_format is TEXT else b'"' + b"k" * (size - 2) + b'"'

    lines = [line(LONGEST_LINE), line(LONGEST_LINE + 1), line(3), line(10 * LONGEST_LINE), line(4)]
    longest = await read(lines[0], manifest_format)
    raw = b"\n".join(lines)
    for chunks in ([raw], [raw[start : start + 1000] for start in range(0, len(raw), 1000)]):
        assert await read(chunks, manifest_format) == [
            *longest,
            (2, BadLineCode.TOO_LONG),
            (3, "kkk" if manifest_format is TEXT else "k"),
            (4, BadLineCode.TOO_LONG),
            (5, "kkkk" if manifest_format is TEXT else "kk"),
        ]
    assert isinstance(longest[0][1], str)
    assert not isinstance(longest[0][1], BadLineCode)


async def test_the_length_of_a_line_is_counted_in_bytes() -> None:
    raw = "\n".join(["é" * (LONGEST_LINE // 2), "é" * (LONGEST_LINE // 2) + "e"]).encode()
    assert [isinstance(found, BadLineCode) for _, found in await read(raw, TEXT)] == [False, True]


@pytest.mark.parametrize("manifest_format", ManifestFormat)
async def test_bytes_that_are_no_text_spoil_their_line_only(
    manifest_format: ManifestFormat,
) -> None:
    raw = b'"a"\n"\xff"\n"b\xc3"\n"c"\n'
    entries = [found for _, found in await read(raw, manifest_format)]
    assert entries[1:3] == [BadLineCode.NOT_UTF8, BadLineCode.NOT_UTF8]
    assert [str(each).strip('"') for each in (entries[0], entries[3])] == ["a", "c"]


async def test_as_many_lines_as_are_allowed_are_read_and_one_more_is_refused() -> None:
    four = b"1\n2\n\n4"
    assert len(await read(four, TEXT, most_lines=4)) == 3
    for raw in (four + b"\n5", four + b"\n\n"):
        with pytest.raises(InvalidManifestError, match="at most 4 lines"):
            await read(raw, TEXT, most_lines=4)


async def test_a_header_is_not_one_of_the_lines_that_are_allowed() -> None:
    assert len(await read(b"key\n1\n2\n", CSV, most_lines=2)) == 2
    with pytest.raises(InvalidManifestError):
        await read(b"key\n1\n2\n3\n", CSV, most_lines=2)
    with pytest.raises(InvalidManifestError):
        await read(b"0\n1\n2\n", CSV, most_lines=2)


@pytest.mark.parametrize("cut", [2, 5, 12, -9, -8, -1])
async def test_gzip_that_is_cut_off_is_refused(cut: int) -> None:
    raw = gzip.compress(b"key\n" * 1000)[:cut]
    with pytest.raises(InvalidManifestError, match="cut off"):
        await read([raw[:1], raw[1:]], TEXT)


@pytest.mark.parametrize("spoiled", [b"not gzip", b"\x1f\x8b\x08 half a header"])
async def test_what_follows_gzip_must_be_gzip_or_padding(spoiled: bytes) -> None:
    raw = gzip.compress(b"key\n")
    assert await read(raw + b"\0" * 600, TEXT) == [(1, "key")]
    assert await read([raw, b"\0" * 3, b"\0", raw], TEXT) == [(1, "key"), (2, "key")]
    with pytest.raises(InvalidManifestError):
        await read(raw + spoiled, TEXT)


async def test_gzip_whose_bytes_are_not_those_of_its_checksum_is_refused() -> None:
    raw = bytearray(gzip.compress(b"key\n"))
    raw[-5] ^= 1
    with pytest.raises(InvalidManifestError, match="broken"):
        await read(bytes(raw), TEXT)


async def test_a_bomb_is_unpacked_a_piece_at_a_time_and_only_up_to_the_limit() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    assert len(bomb) < 250_000
    sizes: list[int] = []

    async def unpack_all() -> None:
        async for piece in unpack(stream([bomb]), most_bytes=5_000_000):
            sizes.append(len(piece))  # noqa: PERF401 (it raises)

    with pytest.raises(InvalidManifestError, match="at most 5,000,000 bytes"):
        await unpack_all()
    assert max(sizes) <= 1024 * 1024
    assert 3_900_000 < sum(sizes) <= 5_000_000


async def test_no_more_is_taken_than_is_read() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"key\n" * 10_000

    async for _batch in read_lines(endless(), TEXT):
        break
    assert taken == 1
