"""What S3 and its SDK say when they fail, translated once into Mooring's errors."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    InvalidRegionError,
    ParamValidationError,
)
from botocore.exceptions import ConnectionError as SdkConnectionError
from botocore.parsers import ResponseParserError

from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    EndpointNotAllowedError,
    InvalidInputError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    WrongRegionError,
)
from shared.leases import Bucket
from shared.storage.refusals import refusal

# Marks a response of status 200 that held something other than a whole listing.
BROKEN_LISTING = "MooringBrokenListing"

# "List of error codes", Amazon S3 API Reference; "Errors", AWS KMS API Reference; MinIO's own.
# A code that is not here is judged by the HTTP status.
_KINDS: dict[type[StorageError], tuple[str, ...]] = {
    StorageThrottledError: (
        "BandwidthLimitExceeded",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "SlowDownRead",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    ),
    LeaseExpiredError: ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
    WrongRegionError: (
        "IllegalLocationConstraintException",
        "PermanentRedirect",
        "Redirect",
        "TemporaryRedirect",
    ),
    StorageDeniedError: (
        "AccessDenied",
        "AccountProblem",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",  # when it names no region
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "InvalidTokenId",
        "KMS.DisabledException",
        "KMS.InvalidStateException",
        "KMS.KMSInvalidStateException",
        "KMS.NotFoundException",
        "NotSignedUp",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnauthorizedAccess",
    ),
    ObjectArchivedError: ("InvalidObjectState",),
    ObjectNotFoundError: ("NoSuchKey", "NoSuchVersion"),
    BucketNotFoundError: ("NoSuchBucket",),
}
_KIND_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the SDK's errors as those of `shared.errors`."""
    try:
        yield
    except ClientError as error:
        raise storage_error(error) from error
    except (
        SdkConnectionError,
        HTTPClientError,
        IncompleteReadError,
        ResponseParserError,
        aiohttp.ClientError,
    ) as error:
        raise StorageUnavailableError("The object store cannot be reached.") from error
    except ParamValidationError as error:
        raise InvalidInputError("No bucket has this name.", field="bucket") from error
    except BotoCoreError as error:
        raise StorageError("The request to the object store cannot be made.") from error


@asynccontextmanager
async def bounded(patience: timedelta) -> AsyncIterator[None]:
    """Translate the SDK's errors, and give up what takes longer than a request may."""
    try:
        with translated_errors():
            async with asyncio.timeout(patience.total_seconds()):
                yield
    except TimeoutError as error:
        raise StorageUnavailableError("The object store did not answer in time.") from error


@contextmanager
def translated_address_errors(bucket: Bucket) -> Iterator[None]:
    """Raise what the SDK says of a region or endpoint, before it asks, as InvalidInputError."""
    try:
        yield
    except (BotoCoreError, ValueError) as error:
        if bucket.endpoint is not None and not isinstance(error, InvalidRegionError):
            raise EndpointNotAllowedError(
                "The endpoint's host is not a valid name.", field="endpoint"
            ) from error
        raise InvalidInputError(
            "The region is not one that a bucket has.", field="region"
        ) from error


def storage_error(error: ClientError) -> StorageError:
    """Return what a server's error means; Ceph leaves out messages, codes and whole bodies."""
    details: Mapping[str, object] = error.response.get("Error") or {}
    code = str(details.get("Code") or "")
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata") or {}
    headers: Mapping[str, str] = metadata.get("HTTPHeaders") or {}
    region = headers.get("x-amz-bucket-region") or details.get("Region")
    kind = _KIND_BY_CODE.get(code)
    if kind is None:
        # botocore gives the status as the code of a body that it cannot read.
        broken = BROKEN_LISTING in error.response and (not code or code.isdigit())
        kind = (
            BrokenListingError if broken else _kind_by_status(metadata.get("HTTPStatusCode") or 0)
        )
    if kind is WrongRegionError or (code == "AuthorizationHeaderMalformed" and region):
        return WrongRegionError(
            "The bucket is in another region.", region=str(region) if region else None
        )
    return refusal(kind, headers)


def is_token_refused(error: ClientError) -> bool:
    """Say whether a listing was refused for its continuation token; not every server names it."""
    details: Mapping[str, object] = error.response.get("Error") or {}
    argument = details.get("ArgumentName", "continuation-token")
    return details.get("Code") == "InvalidArgument" and argument == "continuation-token"


def is_not_implemented(error: ClientError) -> bool:
    """Say whether the store does not know what was asked, which will not pass."""
    details: Mapping[str, object] = error.response.get("Error") or {}
    return details.get("Code") == "NotImplemented"


def _kind_by_status(status: int) -> type[StorageError]:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return StorageDeniedError
        case HTTPStatus.NOT_FOUND:
            return ObjectNotFoundError
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return StorageThrottledError
        case HTTPStatus.MOVED_PERMANENTLY | HTTPStatus.FOUND | HTTPStatus.TEMPORARY_REDIRECT:
            return WrongRegionError
        case _ if (
            status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            return StorageUnavailableError
        case _:
            return StorageError
