"""What Azure's blobs and their SDK say when they fail, translated once into Mooring's errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from azure.core.exceptions import AzureError, ServiceResponseError
from lxml import etree

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
from shared.storage.refusals import refusal

CODE_HEADER = "x-ms-error-code"

# "Blob Service error codes" and "Status and error codes", Azure Storage REST API. A code that is
# not here is judged by the HTTP status.
_KINDS: dict[type[StorageError], tuple[str, ...]] = {
    BucketNotFoundError: (
        "ContainerBeingDeleted",
        "ContainerDisabled",
        "ContainerNotFound",
        "FilesystemNotFound",
        "ResourceNotFound",
    ),
    ObjectArchivedError: ("BlobArchived", "BlobBeingRehydrated"),
    ObjectNotFoundError: ("BlobNotFound", "PathNotFound"),
    StorageThrottledError: ("ServerBusy", "TooManyRequests"),
    StorageUnavailableError: ("InternalError", "OperationTimedOut"),
}
_KIND_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}

# Who must act depends on the code, so each has a sentence of its own.
_DENIALS = {
    "AccountIsDisabled": "The storage account is disabled.",
    "AuthenticationFailed": "Azure does not accept the signature with which Mooring asks.",
    "AuthorizationFailure": (
        "The storage account denied access: its network rules do not let Mooring in, or the"
        " signature does not allow this."
    ),
    "AuthorizationPermissionMismatch": (
        "Azure denied access: the identity that Mooring uses lacks a role for this, such as"
        " Storage Blob Data Reader."
    ),
    "AuthorizationProtocolMismatch": "The signature does not allow this protocol.",
    "AuthorizationResourceTypeMismatch": "The signature does not allow this kind of resource.",
    "AuthorizationServiceMismatch": "The signature does not allow this service.",
    "AuthorizationSourceIPMismatch": "The signature does not allow this IP address.",
    "InsufficientAccountPermissions": "The storage account denied access.",
    "InvalidAuthenticationInfo": "Azure does not accept the signature with which Mooring asks.",
    "KeyBasedAuthenticationNotPermitted": "The storage account allows no access by its keys.",
    "NoAuthenticationInformation": "The object store denied access.",
    "PublicAccessNotPermitted": "The storage account allows no public access.",
}
# Of AuthenticationErrorDetail, for a signature whose time is over or has not begun.
_OUT_OF_TIME = "time frame"

# Blob Storage answers InvalidQueryParameterValue for a marker that was changed, and InvalidInput
# for half of one; the other codes are those of the reference for any parameter.
_TOKEN_REFUSALS = frozenset(
    {
        "InvalidInput",
        "InvalidMarker",
        "InvalidQueryParameterValue",
        "OutOfRangeInput",
        "OutOfRangeQueryParameterValue",
    }
)


class HalfListingError(ServiceResponseError):
    """Say that an answer of status 200 does not end as a listing does: it is asked for again."""


@asynccontextmanager
async def bounded(patience: timedelta) -> AsyncIterator[None]:
    """Translate the SDK's errors, and give up what takes longer than a request may."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            yield
    except TimeoutError as error:
        raise StorageUnavailableError("The object store did not answer in time.") from error
    except HalfListingError as error:
        raise refusal(BrokenListingError, {}) from error
    except AzureError as error:
        raise StorageUnavailableError("The object store cannot be reached.") from error


def storage_error(status: int, headers: Mapping[str, str], body: bytes) -> StorageError:
    """Return what an answer means that is no success. `headers` have names in lower case."""
    code = error_code(headers, body)
    if code == "AuthenticationFailed" and _OUT_OF_TIME in _field(body, "AuthenticationErrorDetail"):
        return LeaseExpiredError("The time of the signature with which Mooring asks is over.")
    if code in _DENIALS:
        return StorageDeniedError(_DENIALS[code], azure_code=code)
    return refusal(_KIND_BY_CODE.get(code) or _kind_by_status(status), headers)


def is_token_refused(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether a listing that had a marker was refused for it.

    The rest of such a request is Mooring's own; the parameter may be named, or not.
    """
    return (
        status == HTTPStatus.BAD_REQUEST
        and error_code(headers, body) in _TOKEN_REFUSALS
        and _field(body, "QueryParameterName") in {"", "marker"}
    )


def error_code(headers: Mapping[str, str], body: bytes) -> str:
    """Return the code of a refusal: of its header, or of its body, which a proxy may leave out."""
    return headers.get(CODE_HEADER) or _field(body, "Code")


def _field(body: bytes, name: str) -> str:
    """Return a field of the error that a body describes; an empty text of what is no such XML."""
    # The bytes may come from a server that a customer runs: no entities, no network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return ""
    return root.findtext(name) or ""


def _kind_by_status(status: int) -> type[StorageError]:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return StorageDeniedError
        case HTTPStatus.NOT_FOUND:
            return ObjectNotFoundError
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            return StorageThrottledError
        case _ if (
            status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            return StorageUnavailableError
        case _:
            return StorageError
