"""The S3 store bears only so much of a customer's server: time, bytes, pages that bring nothing."""

from datetime import timedelta

import pytest

from shared.errors import (
    BrokenListingError,
    InvalidInputError,
    StorageDeniedError,
    StorageError,
    StorageUnavailableError,
)
from shared.leases import Bucket
from shared.storage.base import MAX_PAGE_SIZE, ListingPage, UndecodableKey
from shared.storage.limits import LARGEST_ANSWER, Limits
from shared.storage.s3 import S3Store
from shared.uris import Provider
from tests.shared.storage.s3_stores import KEYS, ON_PREMISES, list_all, listing, store_at
from tests.shared.storage.scripted_server import Answer, serving
from tests.shared.storage.test_pages import Listed, page, row

HASTE = Limits(request=timedelta(milliseconds=200))
MIB = 1024 * 1024
WHOLE = page(Listed("a"))
DRIP = Answer(body=WHOLE[:100], length=10**9, endless=b" ", pause=0.01)
SILENCE = Answer(body=WHOLE[:100], length=10**9, endless=b" ", pause=60)
FLOOD = b" " * MIB


def not_utf8(raw: bytes) -> UndecodableKey:
    return UndecodableKey(raw, "key-not-utf8", "The key is not valid UTF-8.")


# --- Time -------------------------------------------------------------------------------------


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


async def test_a_listing_that_finds_no_further_key_for_too_long_is_broken() -> None:
    limits = Limits(search=timedelta())
    async with (
        serving(
            listing(page(Listed("a"), token="1")),
            listing(page(Listed("b"), token="2")),
            listing(page(token="3")),
        ) as server,
        store_at(server.url, limits=limits) as store,
    ):
        pages = store.list_pages("")
        assert [(await anext(pages)).last, (await anext(pages)).last] == ["a", "b"]
        with pytest.raises(BrokenListingError):
            await anext(pages)


# --- Bytes ------------------------------------------------------------------------------------


async def test_a_page_larger_than_any_is_read_no_further() -> None:
    answer = Answer(body=WHOLE[:100], length=10**12, endless=FLOOD)
    async with serving(*[answer] * 3) as server, store_at(server.url, attempts=3) as store:
        with pytest.raises(BrokenListingError):
            await list_all(store)
    assert len(server.asked) == 1
    assert LARGEST_ANSWER < server.sent < LARGEST_ANSWER + 16 * MIB


async def test_the_largest_page_that_s3_can_give_is_read() -> None:
    keys = [f"{n:03}" + "%FF" * 1021 for n in range(MAX_PAGE_SIZE)]
    async with serving(listing(page(*map(Listed, keys)))) as server, store_at(server.url) as store:
        [whole] = await list_all(store)
    assert len(whole.undecodable) == MAX_PAGE_SIZE


@pytest.mark.parametrize("read", [False, True])
async def test_a_refusal_that_does_not_end_is_judged_by_its_status(*, read: bool) -> None:
    answer = Answer(403, b"<Error>", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageDeniedError):
            await (store.read_range("a", 0, 1) if read else list_all(store))
    assert server.sent < LARGEST_ANSWER + 16 * MIB


async def test_a_page_of_more_keys_than_pages_have_is_broken() -> None:
    keys = [Listed(f"{n:04}") for n in range(MAX_PAGE_SIZE + 1)]
    async with serving(listing(page(*keys))) as server, store_at(server.url) as store:
        with pytest.raises(BrokenListingError):
            await list_all(store)


async def test_a_range_is_no_longer_than_asked_whatever_is_sent() -> None:
    answer = Answer(206, b"0123456789", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        assert await store.read_range("a", 5, 3) == b"012"


async def test_a_server_that_ignores_the_range_is_not_read_up_to_a_far_one() -> None:
    answer = Answer(200, b"0123456789", length=10**12, endless=FLOOD)
    async with serving(answer) as server, store_at(server.url) as store:
        with pytest.raises(StorageError):
            await store.read_range("a", 10**11, 3)
    assert server.sent < 16 * MIB


# --- Pages that bring nothing -----------------------------------------------------------------


async def test_some_pages_in_a_row_without_a_key_are_borne_and_more_are_not() -> None:
    empty = [listing(page(token=str(n))) for n in range(6)]
    answers = [*empty[:3], listing(page(Listed("a"), token="a")), *empty[3:]]
    async with (
        serving(*answers, listing(page())) as server,
        store_at(server.url, limits=Limits(empty_pages=3)) as store,
    ):
        assert await list_all(store) == [
            ListingPage(None, "a", [row("a")], []),
            ListingPage("a", None, [], []),
        ]
    async with (
        serving(*empty[:4], *empty[:4]) as server,
        store_at(server.url, limits=Limits(empty_pages=3)) as store,
    ):
        with pytest.raises(BrokenListingError):
            await list_all(store)
        with pytest.raises(BrokenListingError):
            async for _ in store.list_unordered(""):
                pass
    assert len(server.asked) == 8


async def test_keys_that_no_text_can_hold_are_reported_once_in_the_page_that_they_lie_in() -> None:
    async with (
        serving(
            listing(page(Listed("a%FF"), Listed("b"), Listed("b%FE"), Listed("b%FF"), token="1")),
            listing(page(Listed("c%FF"), token="2")),
            listing(page(Listed("d"), Listed("e%FF"))),
        ) as server,
        store_at(server.url) as store,
    ):
        assert await list_all(store) == [
            ListingPage(None, "b", [row("b")], [not_utf8(b"a\xff")]),
            ListingPage(
                "b",
                None,
                [row("d")],
                [not_utf8(raw) for raw in (b"b\xfe", b"b\xff", b"c\xff", b"e\xff")],
            ),
        ]


async def test_only_so_many_keys_that_no_text_can_hold_are_carried_along() -> None:
    answers = [listing(page(Listed(f"{n}%FF"), token=str(n))) for n in range(4)]
    async with (
        serving(*answers) as server,
        store_at(server.url, limits=Limits(undecodable=3)) as store,
    ):
        with pytest.raises(BrokenListingError):
            await list_all(store)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([page(Listed("b%FF"), Listed("a%FF"))], id="not in order"),
        pytest.param(
            [page(Listed("a%FF"), token="1"), page(Listed("a%FF"))], id="repeating what is carried"
        ),
        pytest.param(
            [page(Listed("a%FF"), Listed("b"), token="1"), page(Listed("a%FF"))], id="going back"
        ),
    ],
)
async def test_keys_that_no_text_can_hold_have_their_order_too(answers: list[bytes]) -> None:
    async with serving(*map(listing, answers)) as server, store_at(server.url) as store:
        with pytest.raises(BrokenListingError):
            await list_all(store)


# --- What cannot be asked ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "field"),
    [
        (Bucket(Provider.S3, "bucket", "eu west"), "region"),
        (Bucket(Provider.S3, "bucket", ""), "region"),
        (Bucket(Provider.S3, "bucket", "eu-west-1\n"), "region"),
        (Bucket(Provider.S3, "bucket", "x" * 300, "https://store.example"), "region"),
        (Bucket(Provider.S3, "bucket", "eu-west-1", "https://my_store.example"), "endpoint"),
        (Bucket(Provider.S3, "a bucket", "eu-west-1"), "bucket"),
    ],
)
async def test_an_address_that_the_sdk_does_not_take_is_invalid_input(
    bucket: Bucket, field: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        async with S3Store(bucket, KEYS, egress=ON_PREMISES) as store:
            await store.find_object("a")
    assert raised.value.members["field"] == field
