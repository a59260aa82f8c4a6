"""Refusals: the sentence for each kind of them, and how long a store asks us to wait."""

from collections.abc import Mapping
from datetime import timedelta

from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)

DEFAULT_WAIT = timedelta(seconds=5)
MAX_WAIT = timedelta(minutes=5)  # a server that asks for more is asked again meanwhile

_SENTENCES: dict[type[StorageError], str] = {
    BrokenListingError: "The object store answered with something other than a listing.",
    BucketNotFoundError: "The bucket does not exist.",
    LeaseExpiredError: "The session with the object store has expired.",
    ObjectArchivedError: "The object is archived and must be restored before it can be read.",
    ObjectNotFoundError: "The bucket holds no object with this key.",
    StorageDeniedError: "The object store denied access.",
    StorageError: "The object store refused the request.",
    StorageUnavailableError: "The object store failed to answer the request.",
}


def refusal(kind: type[StorageError], headers: Mapping[str, str]) -> StorageError:
    """Return an error of this kind. `headers` have names in lower case."""
    if kind is StorageThrottledError:
        return StorageThrottledError("The object store asks us to slow down.", wait=_wait(headers))
    return kind(_SENTENCES[kind])


def _wait(headers: Mapping[str, str]) -> timedelta:
    seconds = headers.get("retry-after", "")
    if not seconds.isascii() or not seconds.isdigit():  # a date, or nothing
        return DEFAULT_WAIT
    return min(timedelta(seconds=int(seconds[:6])), MAX_WAIT)
