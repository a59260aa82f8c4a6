"""One suite for the stores of buckets without an order, such as S3 directory buckets."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import md5

import pytest

from shared.errors import ListingTokenError, UnorderedListingError
from shared.storage.azure import AzureStore
from shared.storage.base import ObjectStore, UndecodableKey, UnorderedPage
from shared.storage.memory import MemoryStore
from tests.contract.test_object_store import HARD_KEYS_OF_ALL
from tests.emulators.azure_server import AzureServer, azure_server
from tests.shared.storage.bucket_server import BucketServer, serving_bucket
from tests.shared.storage.s3_stores import ON_PREMISES, store_at


@dataclass(frozen=True)
class Pile:
    """The store of a bucket that lists its keys by their hashes."""

    store: ObjectStore
    put: Callable[[str], None]
    expire_tokens: Callable[[], None]

    def put_all(self, *keys: str) -> None:
        for key in keys:
            self.put(key)

    async def pages(
        self, prefix: str = "", *, token: str | None = None, page_size: int = 1000
    ) -> list[UnorderedPage]:
        listing = self.store.list_unordered(prefix, token=token, page_size=page_size)
        return [page async for page in listing]


@pytest.fixture
async def s3_pile() -> AsyncIterator[Pile]:
    async with serving_bucket(BucketServer(ordered=False)) as bucket, store_at(bucket.url) as store:
        yield Pile(store, bucket.put, bucket.expire_tokens)


@pytest.fixture
async def azure_pile() -> AsyncIterator[Pile]:
    async with (
        azure_server(AzureServer(order="hashed", knows_start_from=False)) as server,
        AzureStore(server.bucket(), server.sas("l"), egress=ON_PREMISES) as store,
    ):
        yield Pile(store, server.put, server.expire_tokens)


@pytest.fixture
async def memory_pile() -> AsyncIterator[Pile]:
    async with MemoryStore(unordered=True) as store:
        yield Pile(store, store.put, store.expire_tokens)


@pytest.fixture(params=["s3_pile", "azure_pile", "memory_pile"])
def pile(request: pytest.FixtureRequest) -> Pile:
    pile: Pile = request.getfixturevalue(request.param)
    return pile


def keys_of(*pages: UnorderedPage) -> list[str]:
    return [row.key for page in pages for row in page.rows]


def by_hash(*keys: str) -> list[str]:
    return sorted(keys, key=lambda key: md5(key.encode(), usedforsecurity=False).digest())


async def test_an_empty_bucket_has_one_empty_page(pile: Pile) -> None:
    assert await pile.pages() == [UnorderedPage([], [], None)]


async def test_each_key_of_a_prefix_is_listed_in_the_order_of_the_bucket(pile: Pile) -> None:
    keys = [f"p/{key}" for key in HARD_KEYS_OF_ALL if len(key) < 1000]
    pile.put_all(*keys, "other")
    assert keys_of(*await pile.pages("p/")) == by_hash(*keys)
    pages = await pile.pages("p/", page_size=3)
    assert keys_of(*pages) == by_hash(*keys)
    assert {len(page.rows) for page in pages[:-1]} == {3}
    assert [page.next_token is None for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_a_listing_goes_on_from_each_of_its_tokens(pile: Pile) -> None:
    keys = by_hash(*(f"{number:02}" for number in range(10)))
    pile.put_all(*keys)
    pages = await pile.pages(page_size=2)
    for number, page in enumerate(pages[:-1], start=1):
        assert await pile.pages(token=page.next_token, page_size=2) == pages[number:]


async def test_a_token_that_is_no_longer_taken_says_so(pile: Pile) -> None:
    pile.put_all("a", "b", "c")
    listing = pile.store.list_unordered("", page_size=1)
    first = await anext(listing)
    pile.expire_tokens()
    with pytest.raises(ListingTokenError):
        await anext(listing)
    with pytest.raises(ListingTokenError):
        await pile.pages(token=first.next_token)


async def test_a_listing_by_keys_ends_where_the_order_does(pile: Pile) -> None:
    keys = by_hash(*(f"{number:02}" for number in range(10)))
    falls = next(index for index in range(1, 10) if keys[index] < keys[index - 1])
    pile.put_all(*keys)
    listing = pile.store.list_pages("", page_size=1)
    assert [(await anext(listing)).last for _ in range(falls)] == keys[:falls]
    with pytest.raises(UnorderedListingError):
        await anext(listing)
    with pytest.raises(UnorderedListingError):
        await anext(pile.store.list_pages(""))


async def test_a_listing_by_keys_cannot_start_behind_one(pile: Pile) -> None:
    pile.put_all("a", "b")
    with pytest.raises(UnorderedListingError):
        await anext(pile.store.list_pages("", after="b"))


async def test_a_level_out_of_order_tells_nothing_of_the_key_space(pile: Pile) -> None:
    first, *rest = by_hash(*(f"{number:02}" for number in range(10)))
    pile.put_all(first)
    assert (await pile.store.list_children("")).entries == [first]
    pile.put_all(*rest)
    with pytest.raises(UnorderedListingError):
        await pile.store.list_children("")


async def test_keys_in_a_row_that_no_text_can_hold_are_set_apart() -> None:
    async with MemoryStore(unordered=True) as store:
        store.put(b"\xff")
        store.put("a")
        [page] = [page async for page in store.list_unordered("")]
    assert keys_of(page) == ["a"]
    assert page.undecodable == [
        UndecodableKey(b"\xff", "key-not-utf8", "The key is not valid UTF-8.")
    ]
