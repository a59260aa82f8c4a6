"""An object store in memory: the fake beside the adapters, held to the same contract."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from types import TracebackType
from typing import Self

from shared.errors import (
    ListingTokenError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageError,
    UnorderedListingError,
)
from shared.storage.base import (
    DEFAULT_STORAGE_CLASS,
    MAX_PAGE_SIZE,
    Children,
    ListingPage,
    ObjectRow,
    UndecodableKey,
    UnorderedPage,
    decode_key,
)
from shared.storage.joining import PageJoiner
from shared.storage.limits import Limits

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Stored:
    row: ObjectRow
    body: bytes

    def row_of(self, key: str, *, versions: bool) -> ObjectRow:
        return self.row._replace(key=key, version_id=self.row.version_id if versions else None)


class MemoryStore:
    """Hold objects that a test puts, and fail when a test says so.

    An `unordered` store lists its keys by their hashes, as an S3 directory bucket might. A
    `versioned` one gives each version of an object an id, and remembers what was deleted.
    """

    def __init__(self, *, unordered: bool = False, versioned: bool = False) -> None:
        self._objects: dict[bytes, _Stored] = {}
        self._deleted: set[bytes] = set()
        self._unordered = unordered
        self._versioned = versioned
        self._versions = 0
        self._token_age = 0
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
        self._versions += 1
        version_id = f"v{self._versions:03}" if self._versioned else "null"
        row = ObjectRow("", len(body), etag, last_modified, storage_class, version_id)
        self._objects[raw] = _Stored(row, body)
        self._deleted.discard(raw)

    def remove(self, key: str | bytes) -> None:
        """Delete an object."""
        raw = key.encode() if isinstance(key, str) else key
        del self._objects[raw]
        if self._versioned:
            self._versions += 1  # a delete marker has an id too
            self._deleted.add(raw)

    def fail(self, error: StorageError, *, after_pages: int = 0) -> None:
        """Raise this error from now on, or once this many more pages were listed."""
        self._failure = error
        self._pages_before_failure = after_pages

    def expire_tokens(self) -> None:
        """Take none of the tokens any more that listings have shown."""
        self._token_age += 1

    def recover(self) -> None:
        """Stop failing."""
        self._failure = None

    async def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the pages of a listing, as ObjectStore says."""
        # A bucket without an order cannot start after a key either.
        bound = "" if self._unordered else after or ""
        raws = [raw for raw in self._list(prefix, deleted=versions) if raw > bound.encode()]
        joiner = PageJoiner(after, Limits())
        for start in range(0, len(raws) or 1, page_size):
            self._fail_if_told(listing=True)
            shown = raws[start : start + page_size]
            if shown != sorted(shown):
                raise UnorderedListingError("The listing is not in the order of its keys.")
            rows, undecodable = self._rows(shown, versions=versions)
            keys = [key for key in map(decode_key, shown) if isinstance(key, str)]
            page = joiner.join(
                rows,
                undecodable,
                last=max(keys[-1:], default=None),
                is_last=start + page_size >= len(raws),
            )
            if page is not None:
                yield page

    async def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over pages in the bucket's own order, as ObjectStore says."""
        while True:
            raws = [raw for raw in self._list(prefix) if self._is_behind(raw, token)]
            self._fail_if_told(listing=True)
            shown = raws[:page_size]
            token = self._token(shown[-1]) if len(raws) > page_size else None
            yield UnorderedPage(*self._rows(shown), token)
            if token is None:
                return

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Ask once for the next level under `prefix`, as ObjectStore says."""
        if not delimiter:
            raise ValueError("A level ends in a delimiter.")
        self._fail_if_told()
        start = len(prefix.encode())
        parts = ((raw, raw[start:].partition(delimiter.encode())) for raw in self._list(prefix))
        names = {raw[:start] + head + end for raw, (head, end, _) in parts}
        if self._unordered and len(names) > 1:
            raise UnorderedListingError("The listing is not in the order of its keys.")
        entries = sorted(name for name in names if name > (after or "").encode())
        keys = map(decode_key, entries[:MAX_PAGE_SIZE])
        return Children(
            [key for key in keys if isinstance(key, str)], is_last=len(entries) <= MAX_PAGE_SIZE
        )

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        """Return an object's row, or None."""
        self._fail_if_told()
        stored = self._objects.get(key.encode())
        return stored.row_of(key, versions=versions) if stored else None

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

    def _list(self, prefix: str, *, deleted: bool = False) -> list[bytes]:
        names = self._objects.keys() | self._deleted if deleted else self._objects.keys()
        return sorted((raw for raw in names if raw.startswith(prefix.encode())), key=self._place)

    def _place(self, raw: bytes) -> bytes:
        return md5(raw, usedforsecurity=False).digest() if self._unordered else raw

    def _token(self, raw: bytes) -> str:
        return f"{self._token_age}-{self._place(raw).hex()}"

    def _is_behind(self, raw: bytes, token: str | None) -> bool:
        age, _, place = (token or f"{self._token_age}-").partition("-")
        if age != str(self._token_age):
            raise ListingTokenError("The store no longer takes the token of the listing.")
        return self._place(raw).hex() > place

    def _rows(
        self, raws: list[bytes], *, versions: bool = False
    ) -> tuple[list[ObjectRow], list[UndecodableKey]]:
        found = [(decode_key(raw), self._objects[raw]) for raw in raws if raw in self._objects]
        return (
            [each.row_of(key, versions=versions) for key, each in found if isinstance(key, str)],
            [key for key, _ in found if isinstance(key, UndecodableKey)],
        )

    def _fail_if_told(self, *, listing: bool = False) -> None:
        if self._failure is None:
            return
        if self._pages_before_failure == 0:
            raise self._failure
        if listing:
            self._pages_before_failure -= 1
