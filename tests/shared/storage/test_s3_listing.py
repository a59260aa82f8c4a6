"""The S3 store lists without an order, and by versions, and says where a listing went wrong."""

from urllib.parse import parse_qs

import pytest

from shared.errors import (
    BrokenListingError,
    ListingTokenError,
    StorageError,
    UnorderedListingError,
)
from shared.leases import ANY_REGION, Bucket
from shared.storage.base import ListingPage, UndecodableKey, UnorderedPage
from shared.storage.limits import Limits
from shared.storage.s3 import S3Store
from shared.uris import Provider
from tests.shared.storage.s3_stores import KEYS, ON_PREMISES, listing, refusal, store_at
from tests.shared.storage.scripted_server import serving
from tests.shared.storage.test_pages import Listed, page, row
from tests.shared.storage.test_version_pages import latest, marker, version
from tests.shared.storage.test_version_pages import page as version_page

NEXT = "<NextKeyMarker>b</NextKeyMarker>"


async def test_an_unordered_listing_shows_keys_again_and_pages_without_any() -> None:
    async with (
        serving(
            listing(page(Listed("b"), Listed("a%FF"), token="1")),
            listing(page(token="2")),
            listing(page(Listed("b"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = [each async for each in store.list_unordered("", token="0")]
    not_utf8 = UndecodableKey(b"a\xff", "key-not-utf8", "The key is not valid UTF-8.")
    assert pages == [
        UnorderedPage([row("b")], [not_utf8], "1"),
        UnorderedPage([], [], "2"),
        UnorderedPage([row("b")], [], None),
    ]
    asked = [parse_qs(url.query) for url in server.asked]
    assert [each["continuation-token"] for each in asked] == [["0"], ["1"], ["2"]]


async def test_versions_of_cloud_storage_are_not_asked_for_in_the_form_of_s3() -> None:
    bucket = Bucket(Provider.GCS, "acme", ANY_REGION, "http://127.0.0.1:1", path_style=True)
    async with S3Store(bucket, KEYS, egress=ON_PREMISES, attempts=1) as store:
        with pytest.raises(StorageError, match="without pin_versions"):
            await anext(store.list_pages("", versions=True))
        with pytest.raises(StorageError, match="without pin_versions"):
            await store.find_object("a", versions=True)


async def test_a_listing_of_versions_goes_on_at_a_key_and_its_version() -> None:
    places = [
        "<NextKeyMarker>a%2B/c</NextKeyMarker><NextVersionIdMarker>v+1/=</NextVersionIdMarker>",
        "<NextKeyMarker>a%2B/d</NextKeyMarker>",
    ]
    async with (
        serving(
            listing(version_page(version("a%2B/b"), version("a%2B/c"), next_place=places[0])),
            listing(version_page(version("a%2B/c", latest="false"), next_place=places[1])),
            listing(version_page(version("a%2B/e"))),
        ) as server,
        store_at(server.url) as store,
    ):
        pages = [each async for each in store.list_pages("a+/", after="a+/b", versions=True)]
    assert pages == [
        ListingPage("a+/b", "a+/c", [latest("a+/c")], []),
        ListingPage("a+/c", None, [latest("a+/e")], []),
    ]
    common = {"max-keys": ["1000"], "prefix": ["a+/"], "encoding-type": ["url"], "versions": [""]}
    assert [parse_qs(url.query, keep_blank_values=True) for url in server.asked] == [
        {**common, "key-marker": ["a+/b"]},
        {**common, "key-marker": ["a+/c"], "version-id-marker": ["v+1/="]},
        {**common, "key-marker": ["a+/d"]},
    ]


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param([version_page(version("b"), version("a"))], id="in a page"),
        pytest.param(
            [version_page(version("b"), next_place=NEXT), version_page(version("a"))],
            id="going back",
        ),
        pytest.param(
            [version_page(version("b"), next_place=NEXT), version_page(version("b"))],
            id="repeating",
        ),
        pytest.param(
            [version_page(marker("b"), next_place=NEXT), version_page(marker("a"))],
            id="going back among deleted keys",
        ),
    ],
)
async def test_a_listing_of_versions_out_of_order_is_unordered(bodies: list[bytes]) -> None:
    async with serving(*map(listing, bodies)) as server, store_at(server.url) as store:
        with pytest.raises(UnorderedListingError):
            async for _ in store.list_pages("", versions=True):
                pass


@pytest.mark.parametrize(
    "body", [version_page(version("a"))[:-9], b"", page(Listed("a")), b"<html/>"]
)
async def test_what_is_no_listing_of_versions_is_broken(body: bytes) -> None:
    async with serving(listing(body)) as server, store_at(server.url) as store:
        with pytest.raises(BrokenListingError):
            await store.find_object("a", versions=True)


async def test_many_pages_of_one_keys_older_versions_are_borne() -> None:
    older = version("a", latest="false")
    places = [
        f"<NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>{number}</NextVersionIdMarker>"
        for number in range(9)
    ]
    bodies = [version_page(older, next_place=place) for place in places]
    answers = [version_page(version("a"), next_place=NEXT), *bodies, version_page(version("b"))]
    async with (
        serving(*map(listing, answers)) as server,
        store_at(server.url, limits=Limits(empty_pages=3)) as store,
    ):
        pages = [each async for each in store.list_pages("", versions=True)]
    assert pages == [
        ListingPage(None, "a", [latest("a")], []),
        ListingPage("a", None, [latest("b")], []),
    ]


@pytest.mark.parametrize("length", [1, 2, 5])
async def test_a_listing_whose_tokens_turn_in_a_circle_is_broken(length: int) -> None:
    tokens = ["start", *(f"{number}" for number in range(length))] + [
        f"{number}" for number in range(length)
    ] * 4
    answers = [listing(page(Listed("a"), token=token)) for token in tokens]
    async with serving(*answers) as server, store_at(server.url) as store:
        with pytest.raises(BrokenListingError, match="go on"):
            async for _ in store.list_unordered(""):
                pass
    assert len(server.asked) < len(answers)


async def test_a_token_is_refused_only_where_the_server_says_that_it_is_wrong() -> None:
    other = "<ArgumentName>max-keys</ArgumentName>"
    async with (
        serving(refusal(400, "InvalidArgument"), refusal(400, "InvalidArgument", other)) as server,
        store_at(server.url) as store,
    ):
        with pytest.raises(ListingTokenError):
            await anext(store.list_unordered("", token="1"))
        with pytest.raises(StorageError) as raised:
            await anext(store.list_unordered("", token="1"))
    assert type(raised.value) is StorageError
