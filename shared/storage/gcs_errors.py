"""What Cloud Storage says when it fails, translated once into Mooring's errors."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson

from shared.errors import (
    BucketNotFoundError,
    LeaseExpiredError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.storage.refusals import refusal

# "HTTP status and error codes for JSON", Cloud Storage: quotas may answer 403 as well as 429.
_THROTTLED = frozenset(
    {
        "dailyLimitExceeded",
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
# Requester pays is on, and Mooring names no project to be billed.
_PAYS = ("requester pays", "UserProjectMissing")
_NO_BUCKET = "bucket does not exist"
_INVALID = frozenset({"invalid", "invalidArgument", "invalidParameter"})


def storage_error(
    status: int, headers: Mapping[str, str], body: bytes, *, missing: type[StorageError]
) -> StorageError:
    """Return what an answer of the JSON API means that is no success.

    `headers` have names in lower case. `missing` is what a 404 means, unless its message says that
    it is the bucket that is missing: a missing object has the same reason.
    """
    reasons, message = read_error(body)
    if reasons & _THROTTLED:
        return refusal(StorageThrottledError, headers)
    if status == HTTPStatus.BAD_REQUEST and any(words in message for words in _PAYS):
        return StorageDeniedError("The bucket lets only requesters read that pay for it.")
    if status == HTTPStatus.NOT_FOUND:
        return refusal(BucketNotFoundError if _NO_BUCKET in message else missing, headers)
    return refusal(kind_by_status(status), headers)


def is_token_refused(status: int, body: bytes) -> bool:
    """Say whether a listing that had a page token was refused for it.

    The rest of such a request is Mooring's own, and Cloud Storage does not name the argument.
    """
    reasons, message = read_error(body)
    pays = any(words in message for words in _PAYS)
    return status == HTTPStatus.BAD_REQUEST and not pays and bool(reasons & _INVALID)


def read_error(body: bytes) -> tuple[frozenset[str], str]:
    """Return the reasons and the message of an error; of plain text, which media has, the text."""
    try:
        error = orjson.loads(body)["error"]
        return (
            frozenset(str(each["reason"]) for each in error.get("errors", [])),
            str(error.get("message", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return frozenset(), body[:1000].decode(errors="replace")


def kind_by_status(status: int) -> type[StorageError]:
    """Return what a status means; 401 is a token's end, since it was valid when it was vended."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return LeaseExpiredError
        case HTTPStatus.FORBIDDEN:
            return StorageDeniedError
        case HTTPStatus.NOT_FOUND:
            return ObjectNotFoundError
        case HTTPStatus.TOO_MANY_REQUESTS:
            return StorageThrottledError
        case _ if (
            status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            return StorageUnavailableError
        case _:
            return StorageError
