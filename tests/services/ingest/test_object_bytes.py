"""Objects' bytes: whole, in order, of one object, however often the connection breaks."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.object_bytes import MOST_FAILURES, PROGRESS
from shared.clock import FrozenClock
from shared.errors import (
    SourceChangedError,
    SourceTooLargeError,
    StorageError,
    StorageUnavailableError,
)
from tests.conftest import NOW
from tests.services.ingest.object_server import LOCATION, ORG, ObjectServer, reading

BODY = bytes(range(256)) * 1000


async def test_an_object_is_read_whole_with_its_size_and_its_etag(clock: FrozenClock) -> None:
    async with reading(ObjectServer(BODY), clock) as there:
        async with there.reader.open(ORG, LOCATION, "key", largest=len(BODY)) as opened:
            assert (opened.size, opened.etag, opened.position) == (len(BODY), "one", 0)
            chunks = [chunk async for chunk in opened]
        assert b"".join(chunks) == BODY
        assert max(map(len, chunks)) <= 1024 * 1024
        assert opened.position == len(BODY)
        assert [asked.conditions for asked in there.server.asked] == [{}]


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(0, 99), max_size=4))
async def test_a_broken_connection_is_taken_up_where_it_broke(cuts: list[int]) -> None:
    body = bytes(range(100))
    async with reading(ObjectServer(body, cuts=[*cuts]), FrozenClock(NOW)) as there:
        assert await there.read() == body
        position = 0
        expected: list[dict[str, str]] = [{}]
        for cut in cuts:
            if position + cut >= len(body):
                break
            position += cut
            where = {"range": f"bytes={position}-"} if position else {}
            expected.append({**where, "if-match": '"one"'})
        assert [asked.conditions for asked in there.server.asked] == expected


async def test_an_object_is_read_from_where_it_was_left(clock: FrozenClock) -> None:
    async with reading(ObjectServer(BODY), clock) as there:
        assert await there.read(start=1000, etag="one") == BODY[1000:]
        assert await there.read(start=len(BODY), etag="one") == b""
        assert [asked.conditions for asked in there.server.asked] == [
            {"range": "bytes=1000-", "if-match": '"one"'},
            {"range": f"bytes={len(BODY)}-", "if-match": '"one"'},
        ]


async def test_an_empty_object_has_no_chunks(clock: FrozenClock) -> None:
    async with reading(ObjectServer(b""), clock) as there:
        assert await there.read() == b""


async def test_after_too_many_failures_in_a_row_the_last_one_is_told(clock: FrozenClock) -> None:
    async with reading(ObjectServer(BODY, cuts=[10] * 99), clock) as there:
        with pytest.raises(StorageUnavailableError):
            await there.read()
        assert len(there.server.asked) == 1 + MOST_FAILURES


async def test_failures_with_progress_between_them_are_not_in_a_row(clock: FrozenClock) -> None:
    body = os.urandom(12 * PROGRESS)
    async with reading(ObjectServer(body, cuts=[PROGRESS] * 11), clock) as there:
        assert await there.read() == body
        assert len(there.server.asked) == 12


async def test_a_server_that_is_not_there_is_unavailable(clock: FrozenClock) -> None:
    async with reading(ObjectServer(), clock) as there:
        pass
    with pytest.raises(StorageUnavailableError):
        await there.read()


@pytest.mark.parametrize("takes_conditions", [True, False])
async def test_an_object_that_is_replaced_meanwhile_is_not_mixed_with_the_other(
    clock: FrozenClock, *, takes_conditions: bool
) -> None:
    server = ObjectServer(BODY, cuts=[1000], takes_conditions=takes_conditions)
    async with reading(server, clock) as there:
        async with there.reader.open(ORG, LOCATION, "key", largest=len(BODY)) as opened:
            server.body, server.etag = BODY[::-1], '"two"'
            with pytest.raises(SourceChangedError):
                [chunk async for chunk in opened]
        assert opened.position == 1000


@pytest.mark.parametrize("takes_conditions", [True, False])
async def test_an_object_that_was_replaced_since_it_was_left_is_not_opened(
    clock: FrozenClock, *, takes_conditions: bool
) -> None:
    async with reading(ObjectServer(BODY, takes_conditions=takes_conditions), clock) as there:
        for start in (0, 10):
            with pytest.raises(SourceChangedError):
                await there.read(start=start, etag="another")


@pytest.mark.parametrize("body", [BODY[:500], BODY + b"more"])
async def test_without_etags_another_size_shows_that_it_was_replaced(
    clock: FrozenClock, body: bytes
) -> None:
    server = ObjectServer(BODY, etag=None, cuts=[1000])
    async with (
        reading(server, clock) as there,
        there.reader.open(ORG, LOCATION, "key", largest=len(BODY)) as opened,
    ):
        server.body = body
        with pytest.raises(SourceChangedError):
            [chunk async for chunk in opened]


async def test_a_weak_etag_is_compared_but_not_asked_for(clock: FrozenClock) -> None:
    server = ObjectServer(BODY, etag='W/"one"', cuts=[1000])
    async with reading(server, clock) as there:
        assert await there.read() == BODY
        assert [asked.conditions for asked in server.asked] == [{}, {"range": "bytes=1000-"}]
        server.cuts, server.etag = [1000], 'W/"two"'
        async with there.reader.open(ORG, LOCATION, "key", largest=len(BODY)) as opened:
            server.etag = 'W/"three"'
            with pytest.raises(SourceChangedError):
                [chunk async for chunk in opened]


async def test_an_object_that_is_larger_than_wanted_is_not_read(clock: FrozenClock) -> None:
    async with reading(ObjectServer(BODY), clock) as there:
        with pytest.raises(SourceTooLargeError, match="256,000 bytes, and at most 255,999"):
            await there.read(largest=len(BODY) - 1)
        with pytest.raises(SourceTooLargeError):
            await there.read(start=len(BODY) - 1, largest=len(BODY) - 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-9/20"},
        {"Content-Range": "bytes 10-19/*"},
        {"Content-Range": "bytes 10-19"},
        {"Content-Range": "items 10-19/20"},
    ],
)
async def test_a_part_that_is_not_the_one_asked_for_is_refused(
    clock: FrozenClock, headers: dict[str, str]
) -> None:
    async with reading(ObjectServer(part=(headers, bytes(10))), clock) as there:
        with pytest.raises(StorageError, match="does not read ranges"):
            await there.read(start=10)


async def test_a_server_that_takes_no_ranges_is_told_of(clock: FrozenClock) -> None:
    async with reading(ObjectServer(BODY, cuts=[1000], takes_ranges=False), clock) as there:
        with pytest.raises(StorageError, match="does not read ranges"):
            await there.read()


async def test_what_is_stored_compressed_comes_as_it_is_stored(clock: FrozenClock) -> None:
    server = ObjectServer(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    async with reading(server, clock) as there:
        assert await there.read() == b"no gzip at all"
        assert server.asked[0].headers["accept-encoding"] == "identity"
