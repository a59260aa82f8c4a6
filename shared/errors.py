"""Every error that Mooring answers with: one tree, one stable code for each class (RFC 9457)."""

from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue


class AppError(Exception):
    """Answer a request with a problem document.

    `detail` is a sentence of ours, never an SDK's text. `members` become extension members of the
    problem document and must not hold a secret; `field` names the part of the request at fault.
    `who` names who must act: `caller`, `customer` (the owner of the bucket) or `operator` (who
    runs Mooring).
    """

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    who: ClassVar[str] = "operator"

    carries: ClassVar[str] = ""
    """Which members its documents always have, for the description of the API."""

    retry_after: timedelta | None = None
    """How long a client should wait before it asks again; None when waiting does not help."""

    def __init__(self, detail: str, /, **members: JsonValue) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: dict[str, JsonValue] = dict(members)


# --- The caller must act ---------------------------------------------------------------------


class InvalidInputError(AppError):
    """Refuse a well-formed request whose values break a rule."""

    code = "invalid-input"
    status = 422
    title = "The request is not valid"
    who = "caller"


class InvalidUriError(InvalidInputError):
    """Refuse a URI that names no bucket, or an object that none can have."""

    code = "invalid-uri"
    title = "The URI is not valid"


class EndpointNotAllowedError(InvalidInputError):
    """Refuse an endpoint that is not a public https address."""

    code = "endpoint-not-allowed"
    title = "The endpoint is not allowed"


class InvalidManifestError(InvalidInputError):
    """Refuse a manifest of which no line can be trusted, or that has too many of them."""

    code = "invalid-manifest"
    title = "The manifest cannot be read"


class SetupTooLargeError(InvalidInputError):
    """Refuse a setup kit with a document that is longer than the cloud takes."""

    code = "setup-too-large"
    title = "A document of the setup kit would be too large"
    carries = "`part`: the document; `size` and `limit`, in characters"


class UnauthorizedError(AppError):
    """Refuse a request without a valid API key or token."""

    code = "unauthorized"
    status = 401
    title = "Authentication is required"
    who = "caller"


class ForbiddenError(AppError):
    """Refuse a request whose key lacks the scope."""

    code = "forbidden"
    status = 403
    title = "The key does not allow this"
    who = "caller"


class NotFoundError(AppError):
    """Say that something does not exist, or belongs to another organization."""

    code = "not-found"
    status = 404
    title = "Not found"
    who = "caller"


class MethodNotAllowedError(AppError):
    """Refuse a method that a path does not take."""

    code = "method-not-allowed"
    status = 405
    title = "The method is not allowed"
    who = "caller"


class RequestTooLargeError(AppError):
    """Refuse a request whose body is larger than we read."""

    code = "request-too-large"
    status = 413
    title = "The request is too large"
    who = "caller"


class ConflictError(AppError):
    """Refuse a request that contradicts the present state."""

    code = "conflict"
    status = 409
    title = "The request conflicts with the present state"
    who = "caller"


class IdempotencyConflictError(ConflictError):
    """Refuse an Idempotency-Key whose first request is still running."""

    code = "idempotency-key-in-use"
    title = "A request with this Idempotency-Key is still running"
    retry_after = timedelta(seconds=1)


class IdempotencyMismatchError(InvalidInputError):
    """Refuse an Idempotency-Key that came before with another body."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used for another request"


class LocationNotVerifiedError(ConflictError):
    """Refuse to import from a location whose access report is not valid."""

    code = "location-not-verified"
    title = "The location's access is not verified"
    who = "customer"
    carries = "`failed_checks`: the checks that failed, each as in an access report"


class ReportNotProvableError(ConflictError):
    """Say that a report was made before reports could be proved, and lacks what a proof says."""

    code = "report-not-provable"
    title = "The access report cannot be proved"
    who = "caller"


class CredentialRetiredError(ConflictError):
    """Refuse to use a storage credential that was retired."""

    code = "credential-retired"
    title = "The storage credential is retired"
    who = "caller"


class ConsentLinkError(InvalidInputError):
    """Refuse a consent or sign-in whose link is not ours, was used before or has expired."""

    code = "consent-link"
    title = "The consent link cannot be used"
    who = "customer"


class ConsentRefusedError(ForbiddenError):
    """Say that a tenant's administrator did not consent, or did not sign in."""

    code = "consent-refused"
    title = "The tenant's administrator did not consent"
    who = "customer"


class SignInNotProvedError(ForbiddenError):
    """Say that a sign-in does not prove that an administrator of the tenant is there."""

    code = "sign-in-not-proved"
    title = "The sign-in does not prove the tenant"
    who = "customer"


class TenantTakenError(ConflictError):
    """Say that a tenant belongs to another organization, until the operator approves a second."""

    code = "tenant-taken"
    title = "The tenant is connected to another organization"
    who = "operator"


class UrlsNotSignableError(ConflictError):
    """Say that a credential gives access to objects, and no way to sign URLs for them."""

    code = "urls-not-signable"
    title = "The location's credential signs no URLs"
    who = "customer"


class AssetNotViewableError(ConflictError):
    """Refuse to presign an asset that is missing or archived."""

    code = "asset-not-viewable"
    title = "The asset cannot be viewed"
    who = "customer"


# --- The customer's cloud answered -----------------------------------------------------------


class StorageError(AppError):
    """Base of what an object store or its identity service makes us say."""

    code = "storage-error"
    status = 424
    title = "The object store refused the request"
    who = "customer"


class StorageDeniedError(StorageError):
    """Say that the customer's cloud denied us."""

    code = "storage-denied"
    title = "The customer's cloud denied access"


class LeaseExpiredError(StorageDeniedError):
    """Say that the session behind a lease is over."""

    code = "lease-expired"
    title = "The session with the customer's cloud has expired"
    who = "operator"


class ObjectNotFoundError(StorageError):
    """Say that the bucket holds no object with this key."""

    code = "object-not-found"
    title = "The object does not exist"


class ObjectArchivedError(StorageError):
    """Say that an object must be restored before it can be read."""

    code = "object-archived"
    title = "The object is archived"


class BucketNotFoundError(StorageError):
    """Say that the bucket does not exist."""

    code = "bucket-not-found"
    title = "The bucket does not exist"


class WrongRegionError(StorageError):
    """Say that the bucket lives in another region than the one asked."""

    code = "wrong-region"
    title = "The bucket is in another region"

    def __init__(self, detail: str, /, *, region: str | None = None, **members: JsonValue) -> None:
        super().__init__(detail, region=region, **members)
        self.region = region


class BrokenListingError(StorageError):
    """Say that a listing page is not one: truncated, foreign or an error in disguise."""

    code = "broken-listing"
    title = "The object store returned a listing that cannot be read"


class UnorderedListingError(BrokenListingError):
    """Say that a bucket is not listed in the order of its keys, as S3 directory buckets are not."""

    code = "unordered-listing"
    title = "The object store does not list in the order of the keys"


class ListingTokenError(StorageError):
    """Say that the object store no longer takes the token with which a listing would go on."""

    code = "listing-token"
    title = "The object store no longer knows where the listing was left"
    who = "caller"


class SourceChangedError(StorageError):
    """Say that an object is no longer the one whose reading began."""

    code = "source-changed"
    title = "The object changed while it was read"


class SourceDamagedError(StorageError):
    """Say that an object's bytes are not those that its checksum was made of."""

    code = "source-damaged"
    title = "The object does not match its checksum"


class SourceTooLargeError(StorageError):
    """Say that an object has more bytes than we read of one like it."""

    code = "source-too-large"
    title = "The object is too large to be read"


class InvalidInventoryError(StorageError):
    """Say that an inventory is not one that we can import: foreign, incomplete or of no format."""

    code = "invalid-inventory"
    title = "The inventory cannot be read"


class StorageThrottledError(StorageError):
    """Say that the customer's cloud asks us to slow down."""

    code = "storage-throttled"
    status = 503
    title = "The customer's cloud is throttling requests"

    def __init__(
        self, detail: str, /, *, wait: timedelta = timedelta(seconds=5), **members: JsonValue
    ) -> None:
        super().__init__(detail, **members)
        self.retry_after = wait


class StorageUnavailableError(StorageError):
    """Say that the customer's cloud cannot be reached or fails on its side."""

    code = "storage-unavailable"
    status = 503
    title = "The customer's cloud cannot be reached"
    retry_after = timedelta(seconds=10)


ACCESS_REFUSALS = (StorageDeniedError, BucketNotFoundError, WrongRegionError)
"""What a customer's cloud says when a location is no longer reached as it was."""


# --- The operator must act -------------------------------------------------------------------


class DatabaseUnavailableError(AppError):
    """Say that Postgres cannot be reached."""

    code = "database-unavailable"
    status = 503
    title = "The database cannot be reached"
    retry_after = timedelta(seconds=2)


class VaultUnavailableError(AppError):
    """Say that the vault cannot be reached by another service."""

    code = "vault-unavailable"
    status = 503
    title = "The vault cannot be reached"
    retry_after = timedelta(seconds=2)


class CloudIdentityError(AppError):
    """Say that Mooring's own cloud identity is missing or not allowed to act."""

    code = "cloud-identity"
    status = 500
    title = "Mooring's own cloud identity does not work"


class WebhooksNotConfiguredError(AppError):
    """Say that the operator has set no key that webhooks are signed with."""

    code = "webhooks-not-configured"
    status = 501
    title = "Webhooks are not configured"


class SealBrokenError(AppError):
    """Say that a sealed secret cannot be opened: moved, altered, or its key is gone."""

    code = "seal-broken"
    status = 500
    title = "A sealed secret cannot be opened"


def error_of_code(code: str) -> type[AppError]:
    """Return the class of a stable code; AppError itself for one that is not known."""
    return _BY_CODE.get(code, AppError)


def _tree(root: type[AppError]) -> list[type[AppError]]:
    return [root, *(each for child in root.__subclasses__() for each in _tree(child))]


_BY_CODE = {each.code: each for each in _tree(AppError)}
