"""Refusals of STS and IAM as our own errors: whose fault it is, and what may be wrong."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from shared.errors import (
    AppError,
    CloudIdentityError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)

_NO_IDENTITY = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    NoAuthTokenError,
    ProfileNotFound,
)
_IDENTITY_REFUSED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_THROTTLED = {
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_DENIED = {"AccessDenied", "AccessDeniedException"}
# Of a role that does not exist. STS says AccessDenied, and only servers that stand in for it this.
_NOBODY = "NoSuchEntity"
_SERVER = 500  # and above: it is theirs, and passes


def code_of(error: ClientError) -> str:
    """Return the code of an answer; some stores send errors without one, or RGW without a frame."""
    details = error.response.get("Error", {})
    return str(details.get("Code") or error.response.get("Code") or "")


def message_of(error: ClientError) -> str:
    """Return the text of an answer, to be looked at and never to be shown."""
    return str(error.response.get("Error", {}).get("Message") or "")


def is_denied(error: ClientError) -> bool:
    """Say whether we were recognized, and refused."""
    return code_of(error) in {*_DENIED, _NOBODY}


def cloud_error(error: BotoCoreError | ClientError, denied: AppError) -> AppError:
    """Return what an SDK's error means to us; `denied` is what AccessDenied means."""
    if isinstance(error, _NO_IDENTITY):
        return CloudIdentityError(
            "Mooring found no AWS credentials of its own: the operator must give it some."
        )
    if not isinstance(error, ClientError):  # connecting, TLS, timeouts
        return StorageUnavailableError("AWS's identity service cannot be reached.")
    return denied if is_denied(error) else _answer_error(error)


def _answer_error(error: ClientError) -> AppError:
    code = code_of(error)
    if code in _IDENTITY_REFUSED:
        return CloudIdentityError("AWS does not accept Mooring's own credentials.")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLED:
        return StorageThrottledError("AWS's identity service asks us to slow down.")
    if status >= _SERVER:
        return StorageUnavailableError("AWS's identity service fails on its side.")
    return StorageError("AWS's identity service refused the request as invalid.")


def assume_denied(role_arn: str) -> StorageDeniedError:
    """Name the three things that AccessDenied can mean; STS does not tell them apart."""
    return StorageDeniedError(
        "AWS did not let Mooring assume the role. Either the role does not exist, or its trust "
        "policy does not name Mooring's principal, or it asks for another ExternalId. A role that "
        "was just made or changed can need a minute.",
        role_arn=role_arn,
    )
