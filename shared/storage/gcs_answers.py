"""Cloud Storage's refusals of signed URLs: what an answer of its XML API means."""

from collections.abc import Mapping

from shared.errors import (
    BucketNotFoundError,
    LeaseExpiredError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.storage.gcs_errors import kind_by_status
from shared.storage.refusals import refusal
from shared.storage.s3_answers import error_field

# "HTTP status and error codes for XML", Cloud Storage. A code that is not here is judged by the
# HTTP status.
_KINDS: dict[type[StorageError], tuple[str, ...]] = {
    BucketNotFoundError: ("NoSuchBucket",),
    LeaseExpiredError: ("ExpiredToken",),
    ObjectNotFoundError: ("NoSuchKey", "NoSuchVersion"),
    StorageDeniedError: (
        "AccessDenied",
        "AccountProblem",
        "AuthenticationRequired",
        "CloudKmsBadKey",
        "CloudKmsDecryptionKeyNotFound",
        "CloudKmsDisabledKey",
        "InvalidSecurity",
        "MalformedSecurityHeader",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UserProjectAccessDenied",
        "UserProjectMissing",
    ),
    StorageThrottledError: ("SlowDown", "TooManyRequests"),
    StorageUnavailableError: ("InternalError", "RequestTimeout", "ServiceUnavailable"),
}
_KIND_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}


def refusal_of(status: int, headers: Mapping[str, str], body: bytes) -> StorageError:
    """Return what an answer means that is no success. `headers` have names in lower case."""
    kind = _KIND_BY_CODE.get(error_field(body, "Code") or "") or kind_by_status(status)
    return refusal(kind, headers)
