"""What every object store gives: pages of a listing, one object's row, a range of its bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

DEFAULT_STORAGE_CLASS = "STANDARD"
MAX_PAGE_SIZE = 1_000  # S3, "ListObjectsV2": more is not an error, but never answered

# Classes whose objects must be restored before a GET ("Working with archived objects", S3 User
# Guide; "Access tiers for blob data", Azure Storage). The archive tiers of INTELLIGENT_TIERING
# cannot be told from a listing; a blob is in Azure's tier until its rehydration is over.
_ARCHIVED_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE", "Archive"})


class ObjectRow(NamedTuple):
    """One object as a listing describes it. The key is verbatim, the ETag without quotes.

    A tuple is made from the columns of a page in a seventh of the time of a dataclass.
    """

    key: str
    size: int
    etag: str
    last_modified: datetime
    storage_class: str = DEFAULT_STORAGE_CLASS
    version_id: str | None = None

    @property
    def archived(self) -> bool:
        """Say whether the object must be restored before it can be read."""
        return self.storage_class in _ARCHIVED_CLASSES


@dataclass(frozen=True, slots=True)
class UndecodableKey:
    """A key that no asset can have: its bytes, a stable code, and a sentence for the customer."""

    raw: bytes
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListingPage:
    """What a listing holds in the interval `(after, last]` of the key space.

    `after` None is the beginning of the prefix, `last` None its end. The rows are in UTF-8 byte
    order. The `last` of a page that is not the last one is the key of its last row, or in a listing
    of versions a key behind it that was deleted; a listing resumes with `after=page.last`. The
    undecodable keys lie in the interval too, each in one page.
    """

    after: str | None
    last: str | None
    rows: list[ObjectRow]
    undecodable: list[UndecodableKey]


@dataclass(frozen=True, slots=True)
class Children:
    """One level of the key space: keys, and common prefixes, which end in the delimiter.

    The entries are in UTF-8 byte order. `is_last` says that there are none behind them.
    """

    entries: list[str]
    is_last: bool


@dataclass(frozen=True, slots=True)
class UnorderedPage:
    """Some of the keys of a listing that follows its own order, if any.

    The page may hold nothing. `next_token` is None when it is the last one.
    """

    rows: list[ObjectRow]
    undecodable: list[UndecodableKey]
    next_token: str | None


class ObjectStore(Protocol):
    """Read one bucket.

    Every method raises the classes of `shared.errors` that derive from StorageError.
    """

    def list_pages(
        self,
        prefix: str,
        *,
        after: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        versions: bool = False,
    ) -> AsyncIterator[ListingPage]:
        """Iterate over the keys that begin with `prefix` and are greater than `after`.

        The pages join without a gap and end with the one whose `last` is None. Marker objects
        (`folder/`) are objects like others. Raise UnorderedListingError when keys come in another
        order, as they do from S3 directory buckets: what was shown covers no interval then.

        With `versions`, each row has the id of the latest version. On S3 it is "null" from a bucket
        that keeps none; that needs the right to list versions (s3:ListBucketVersions), and reads
        past every older version and deleted key, so that a page may have no row. On Cloud Storage
        it is the generation, which each object has.
        """
        ...

    def list_unordered(
        self, prefix: str, *, token: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[UnorderedPage]:
        """Iterate over the keys that begin with `prefix`, in whatever order the store has.

        A key may come twice. A listing goes on from any page's `next_token`; raise
        ListingTokenError when the store no longer takes the token.
        """
        ...

    async def list_children(
        self, prefix: str, *, after: str | None = None, delimiter: str = "/"
    ) -> Children:
        """Ask once for the next level under `prefix`: up to 1,000 entries, each greater than it.

        With `after`, only entries greater than `after`. All keys of such an entry are greater than
        `after` too; but the common prefix in which `after` itself lies is less, and is left out
        though keys behind `after` may lie in it as well ("CommonPrefixes is filtered out from
        results if it is not lexicographically greater than the StartAfter value", S3,
        "ListObjectsV2"). To go on, ask after the last entry.

        Entries that no text can hold are left out, so an answer may be empty and not the last.
        Raise UnorderedListingError for a bucket that does not list in the order of its keys.
        """
        ...

    async def find_object(self, key: str, *, versions: bool = False) -> ObjectRow | None:
        """Return an object's row, or None when the bucket does not hold the key.

        It asks by a listing, so that the right to list is enough and a missing key is told from a
        forbidden one (a GET answers 403 for both).
        """
        ...

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; fewer, or none, at the end of the object.

        Raise ObjectNotFoundError, ObjectArchivedError or StorageDeniedError.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def decode_key(raw: bytes) -> str | UndecodableKey:
    """Return the key whose bytes these are, if text in Python and in Postgres can hold it."""
    try:
        key = raw.decode()
    except UnicodeDecodeError:
        return UndecodableKey(raw, "key-not-utf8", "The key is not valid UTF-8.")
    if "\0" in key:
        return UndecodableKey(raw, "key-has-nul", "The key has a NUL character.")
    return key
