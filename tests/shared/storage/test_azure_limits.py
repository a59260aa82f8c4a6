"""The Azure store bears only so much of a customer's server: time, bytes, empty pages."""

from datetime import timedelta

import pytest

from shared.errors import (
    BrokenListingError,
    StorageDeniedError,
    StorageError,
    StorageUnavailableError,
)
from shared.storage.azure_client import LARGEST_PAGE
from shared.storage.base import ListingPage, UndecodableKey
from shared.storage.limits import LARGEST_ANSWER, Limits
from tests.shared.storage.azure_stores import list_all, listing, store_at
from tests.shared.storage.scripted_server import Answer, serving
from tests.shared.storage.test_azure_pages import Blob, page, row

HASTE = Limits(request=timedelta(milliseconds=200))
MIB = 1024 * 1024
WHOLE = page(Blob("a"))
DRIP = Answer(body=WHOLE[:100], length=10**9, endless=b" ", pause=0.01)
SILENCE = Answer(body=WHOLE[:100], length=10**9, endless=b" ", pause=60)
FLOOD = b" " * MIB
TOO_LONG = "\u20ac" * 900


@pytest.mark.parametrize("answer", [DRIP, SILENCE])
async def test_a_page_that_does_not_come_to_an_end_is_given_up(answer: Answer) -> None:
    async with (
        serving(*[answer] * 9) as server,
        store_at(server.url, attempts=9, limits=HASTE) as store,
    ):
        with pytest.raises(StorageUnavailableError):
            await list_all(store)
        with pytest.raises(StorageUnavailableError):
            await store.find_object("a")
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [200, 206, 403])
async def test_bytes_that_drip_are_given_up(status: int) -> None:
    answer = Answer(status, b"", length=10**9, endless=b" ", pause=0.01)
    async with serving(answer) as server, store_at(server.url, limits=HASTE) as store:
        with pytest.raises(StorageUnavailableError):
            await store.read_range("a", 0, 1_000)


async def test_a_page_larger_than_any_is_read_no_further() -> None:
    answer = Answer(body=WHOLE[:100], length=10**12, endless=FLOOD)
    async with serving(*[answer] * 3) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(BrokenListingError, match="longer"):
            await list_all(store)
    assert len(server.asked) == 1
    assert LARGEST_PAGE < server.sent < LARGEST_PAGE + 16 * MIB


@pytest.mark.parametrize("read", [False, True])
async def test_a_refusal_that_does_not_end_is_judged_by_its_status(*, read: bool) -> None:
    answer = Answer(403, b"<Error>", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageDeniedError):
            await (store.read_range("a", 0, 1) if read else list_all(store))
    assert server.sent < 16 * MIB


async def test_a_range_is_no_longer_than_asked_whatever_is_sent() -> None:
    answer = Answer(206, b"0123456789", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        assert await store.read_range("a", 5, 3) == b"012"


async def test_a_server_that_ignores_the_range_is_read_up_to_a_near_one_only() -> None:
    answer = Answer(200, b"0123456789", length=10**12, endless=FLOOD)
    assert LARGEST_ANSWER < 10**11
    async with serving(answer, answer) as server, store_at(server.url) as store:
        assert await store.read_range("a", 3, 4) == b"3456"
        with pytest.raises(StorageError, match="ranges"):
            await store.read_range("a", 10**11, 3)
    assert server.sent < 16 * MIB


async def test_some_pages_in_a_row_without_a_key_are_borne_and_more_are_not() -> None:
    empty = [listing(page(marker=str(n))) for n in range(6)]
    answers = [*empty[:3], listing(page(Blob("a"), marker="a")), *empty[3:]]
    limits = Limits(empty_pages=3)
    async with (
        serving(*answers, listing(page())) as server,
        store_at(server.url, limits=limits) as store,
    ):
        assert await list_all(store) == [
            ListingPage(None, "a", [row("a")], []),
            ListingPage("a", None, [], []),
        ]
    async with serving(*empty[:4] * 3) as server, store_at(server.url, limits=limits) as store:
        with pytest.raises(BrokenListingError):
            await list_all(store)
        with pytest.raises(BrokenListingError):
            async for _ in store.list_unordered(""):
                pass
        with pytest.raises(BrokenListingError):
            await store.list_children("")
    assert len(server.asked) == 11


async def test_a_listing_that_finds_no_further_key_for_too_long_is_broken() -> None:
    answers = [page(Blob("a"), marker="1"), page(Blob("b"), marker="2"), page(marker="3")]
    async with (
        serving(*map(listing, answers)) as server,
        store_at(server.url, limits=Limits(search=timedelta())) as store,
    ):
        pages = store.list_pages("")
        assert [(await anext(pages)).last, (await anext(pages)).last] == ["a", "b"]
        with pytest.raises(BrokenListingError):
            await anext(pages)


async def test_names_too_long_for_an_asset_are_reported_once_in_the_page_they_lie_in() -> None:
    too_long = [UndecodableKey(f"{sign}{TOO_LONG}".encode(), *_WHY) for sign in "ac"]
    async with (
        serving(
            listing(page(Blob(f"a{TOO_LONG}"), Blob("b"), Blob(f"c{TOO_LONG}"), marker="1")),
            listing(page(Blob("d"))),
        ) as server,
        store_at(server.url) as store,
    ):
        assert await list_all(store) == [
            ListingPage(None, "b", [row("b")], too_long[:1]),
            ListingPage("b", None, [row("d")], too_long[1:]),
        ]


_WHY = ("key-too-long", "The key has more than 2,600 bytes in UTF-8.")
