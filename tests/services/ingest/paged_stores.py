"""Stores in memory whose pages are small, and hold what a test does between them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from shared.storage.base import MAX_PAGE_SIZE, ListingPage, ObjectRow, UnorderedPage
from shared.storage.memory import MemoryStore


class SmallPages(MemoryStore):
    """A store whose pages hold few keys, so that few keys make many pages."""

    def __init__(self, page_size: int, *, unordered: bool = False, versioned: bool = False) -> None:
        super().__init__(unordered=unordered, versioned=versioned)
        self.page_size = page_size

    def shuffle(self) -> None:
        """Have no order from now on."""
        self._unordered = True

    async def before(self, page: ListingPage | UnorderedPage) -> None:
        """Do what a test does before a page is shown."""

    async def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        size = min(page_size, self.page_size)
        async for page in super().list_pages(
            prefix, after=after, page_size=size, versions=versions
        ):
            await self.before(page)
            yield page

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        size = min(page_size, self.page_size)
        async for page in super().list_unordered(prefix, token=token, page_size=size):
            await self.before(page)
            yield page


class CountingStore(SmallPages):
    """A store that counts how it is asked."""

    def __init__(self, page_size: int = MAX_PAGE_SIZE) -> None:
        super().__init__(page_size)
        self.pages = 0
        self.look_ups = 0

    async def before(self, _page: ListingPage | UnorderedPage) -> None:
        self.pages += 1

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        self.look_ups += 1
        return await super().find_object(key, versions=versions)


class StuckStore(SmallPages):
    """A store of some keys that answers a number of requests at once, and then no more."""

    def __init__(self, keys: int, *, answers: int) -> None:
        super().__init__(page_size=1)
        self._answers = answers
        self.stuck = asyncio.Event()
        fill(self, keys)

    async def before(self, _page: ListingPage | UnorderedPage) -> None:
        await self._answer()

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        await self._answer()
        return await super().find_object(key, versions=versions)

    async def _answer(self) -> None:
        if self._answers == 0:
            self.stuck.set()
            await asyncio.Event().wait()
        self._answers -= 1


def fill(store: MemoryStore, keys: int, *, prefix: str = "", body: bytes = b"") -> None:
    """Put this many objects below a prefix, named by their numbers."""
    for number in range(keys):
        store.put(f"{prefix}{number:03}", body)


def set_etag(store: MemoryStore, key: str, etag: str) -> None:
    """Give an object another ETag than its content's MD5, as a multipart upload does."""
    stored = store._objects[key.encode()]
    row = stored.row
    other = ObjectRow("", row.size, etag, row.last_modified, row.storage_class, row.version_id)
    store._objects[key.encode()] = replace(stored, row=other)
