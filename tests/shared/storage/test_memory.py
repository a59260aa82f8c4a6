"""The store in memory fails when it is told to, and holds keys that are no text."""

import pytest

from shared.errors import StorageDeniedError, StorageThrottledError
from shared.storage.base import ListingPage, UndecodableKey
from shared.storage.memory import MemoryStore


async def list_all(store: MemoryStore, page_size: int = 1000) -> list[ListingPage]:
    return [page async for page in store.list_pages("", page_size=page_size)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for key in ("a", "b", "c"):
        store.put(key, key.encode())
    return store


async def test_it_fails_in_every_method_until_it_recovers(store: MemoryStore) -> None:
    store.fail(StorageDeniedError("The object store denied access."))
    with pytest.raises(StorageDeniedError):
        await list_all(store)
    with pytest.raises(StorageDeniedError):
        await store.find_object("a")
    with pytest.raises(StorageDeniedError):
        await store.read_range("a", 0, 1)
    store.recover()
    assert await store.read_range("a", 0, 1) == b"a"


async def test_it_fails_in_the_middle_of_a_listing(store: MemoryStore) -> None:
    store.fail(StorageThrottledError("The object store asks us to slow down."), after_pages=2)
    pages = store.list_pages("", page_size=1)
    assert [row.key for row in (await anext(pages)).rows] == ["a"]
    assert [row.key for row in (await anext(pages)).rows] == ["b"]
    with pytest.raises(StorageThrottledError):
        await anext(pages)


async def test_it_sets_keys_apart_that_text_cannot_hold(store: MemoryStore) -> None:
    store.put(b"a\xff")
    store.put("z\0")
    pages = await list_all(store, page_size=2)
    assert [([row.key for row in page.rows], page.last, page.undecodable) for page in pages] == [
        (["a"], "a", []),
        (
            ["b", "c"],
            "c",
            [UndecodableKey(b"a\xff", "key-not-utf8", "The key is not valid UTF-8.")],
        ),
        ([], None, [UndecodableKey(b"z\0", "key-has-nul", "The key has a NUL character.")]),
    ]


async def test_a_removed_object_is_gone(store: MemoryStore) -> None:
    store.remove("b")
    [page] = await list_all(store)
    assert [row.key for row in page.rows] == ["a", "c"]
