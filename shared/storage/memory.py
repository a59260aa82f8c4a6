"""An object store in memory: the fake beside the adapters, held to the same contract."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from types import TracebackType
from typing import Self

from shared.errors import ObjectArchivedError, ObjectNotFoundError, StorageError
from shared.storage.base import (
    DEFAULT_STORAGE_CLASS,
    MAX_PAGE_SIZE,
    Children,
    ListingPage,
    ObjectRow,
    UndecodableKey,
    decode_key,
)
from shared.storage.joining import PageJoiner
from shared.storage.limits import Limits

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Stored:
    row: ObjectRow
    body: bytes


class MemoryStore:
    """Hold objects that a test puts, and fail when a test says so."""

    def __init__(self) -> None:
        self._objects: dict[bytes, _Stored] = {}
        self._failure: StorageError | None = None
        self._pages_before_failure = 0

    def put(
        self,
        key: str | bytes,
        body: bytes = b"",
        *,
        storage_class: str = DEFAULT_STORAGE_CLASS,
        last_modified: datetime = _EPOCH,
    ) -> None:
        """Store an object. A key that is no text is given as its bytes."""
        raw = key.encode() if isinstance(key, str) else key
        etag = md5(body, usedforsecurity=False).hexdigest()
        row = ObjectRow("", len(body), etag, last_modified, storage_class)
        self._objects[raw] = _Stored(row, body)

    def remove(self, key: str | bytes) -> None:
        """Delete an object."""
        del self._objects[key.encode() if isinstance(key, str) else key]

    def fail(self, error: StorageError, *, after_pages: int = 0) -> None:
        """Raise this error from now on, or once this many more pages were listed."""
        self._failure = error
        self._pages_before_failure = after_pages

    def recover(self) -> None:
        """Stop failing."""
        self._failure = None

    async def list_pages(
        self, prefix: str, *, after: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says."""
        beginning, bound = prefix.encode(), (after or "").encode()
        raws = sorted(
            raw for raw in self._objects if raw.startswith(beginning) and (raw > bound or not bound)
        )
        joiner = PageJoiner(after, Limits())
        for start in range(0, len(raws) or 1, page_size):
            self._fail_if_told(listing=True)
            keys = [decode_key(raw) for raw in raws[start : start + page_size]]
            page = joiner.join(
                [self._row(key) for key in keys if isinstance(key, str)],
                [key for key in keys if isinstance(key, UndecodableKey)],
                is_last=start + page_size >= len(raws),
            )
            if page is not None:
                yield page

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Ask once for the next level under `prefix`, as ObjectStore says."""
        if not delimiter:
            raise ValueError("A level ends in a delimiter.")
        self._fail_if_told()
        beginning, end, bound = prefix.encode(), delimiter.encode(), (after or "").encode()
        names: set[bytes] = set()
        for raw in self._objects:
            if raw.startswith(beginning):
                head, found, _ = raw[len(beginning) :].partition(end)
                names.add(beginning + head + found)
        entries = sorted(name for name in names if name > bound)
        keys = map(decode_key, entries[:MAX_PAGE_SIZE])
        return Children(
            [key for key in keys if isinstance(key, str)], is_last=len(entries) <= MAX_PAGE_SIZE
        )

    async def find_object(self, key: str) -> ObjectRow | None:
        """Return an object's row, or None."""
        self._fail_if_told()
        return self._row(key) if key.encode() in self._objects else None

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`, as ObjectStore says."""
        if start < 0 or length < 1:
            raise ValueError("A range begins at 0 or later and has a byte or more.")
        self._fail_if_told()
        stored = self._objects.get(key.encode())
        if stored is None:
            raise ObjectNotFoundError("The bucket holds no object with this key.")
        if stored.row.archived:
            raise ObjectArchivedError(
                "The object is archived and must be restored before it can be read."
            )
        return stored.body[start : start + length]

    async def close(self) -> None:
        """Hold no connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _row(self, key: str) -> ObjectRow:
        return replace(self._objects[key.encode()].row, key=key)

    def _fail_if_told(self, *, listing: bool = False) -> None:
        if self._failure is None:
            return
        if self._pages_before_failure == 0:
            raise self._failure
        if listing:
            self._pages_before_failure -= 1
