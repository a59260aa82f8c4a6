"""Refusals of Google's services as our own errors: whose fault it is, and what may be wrong.

IAM answers `{"error": {"status", "message", "details"}}`, Cloud Storage has `errors` in place of
`details`, and the token services of OAuth answer `{"error", "error_description"}`. Their texts are
looked at where a code says too little, and never shown.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from shared.errors import (
    AppError,
    CloudIdentityError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)

DEFAULT_WAIT = timedelta(seconds=5)
MAX_WAIT = timedelta(minutes=5)

_DENIED = {400, 401, 403, 404}
# "HTTP status and error codes for JSON", Cloud Storage: quotas may answer 403 as well as 429.
_THROTTLED = {
    "RATE_LIMIT_EXCEEDED",
    "quotaExceeded",
    "rateLimitExceeded",
    "userRateLimitExceeded",
}
_SERVICE_OFF = "SERVICE_DISABLED"


class GoogleRefusalError(Exception):
    """What a service of Google's answered. `code` is a status of RPC or an error of OAuth."""

    def __init__(
        self, status: int, *, code: str = "", reason: str = "", text: str = "", wait: timedelta
    ) -> None:
        super().__init__(status, code, reason)
        self.status = status
        self.code = code
        self.reason = reason
        self.text = text
        self.wait = wait

    @property
    def is_throttling(self) -> bool:
        return self.status == httpx.codes.TOO_MANY_REQUESTS or self.reason in _THROTTLED

    @property
    def passes(self) -> bool:
        """Say whether the same request may well succeed in a moment."""
        return self.is_throttling or httpx.codes.is_server_error(self.status)


def read_refusal(response: httpx.Response) -> GoogleRefusalError:
    """Read an answer that is not a success, whatever it looks like."""
    wait = _wait(response.headers.get("retry-after", ""))
    try:
        body = response.json()
    except ValueError:  # a proxy's page
        body = None
    told = body.get("error") if isinstance(body, dict) else None
    match told:
        case dict():
            return GoogleRefusalError(
                response.status_code,
                code=str(told.get("status") or ""),
                reason=_reason(told),
                text=str(told.get("message") or ""),
                wait=wait,
            )
        case str():
            text = str(body.get("error_description") or "")
            return GoogleRefusalError(response.status_code, code=told, text=text, wait=wait)
        case _:
            return GoogleRefusalError(response.status_code, wait=wait)


def google_error(refusal: GoogleRefusalError, denied: AppError) -> AppError:
    """Return what a refusal means to us; `denied` is what it means when it is a denial."""
    if refusal.is_throttling:
        return StorageThrottledError("Google Cloud asks us to slow down.", wait=refusal.wait)
    if refusal.passes:
        return StorageUnavailableError("A service of Google Cloud fails on its side.")
    if refusal.status in _DENIED:
        return denied
    return StorageError("Google Cloud refused the request as invalid.")


def federation_denied(refusal: GoogleRefusalError, provider: str) -> AppError:
    """Explain why a provider of the customer's takes no token of ours ("Troubleshoot", IAM)."""
    if refusal.code == "invalid_target":
        return StorageDeniedError(
            "Google Cloud knows no such provider. It does not exist, or it or its pool is disabled "
            "or deleted: the customer must run the setup kit.",
            workload_provider=provider,
        )
    if refusal.code == "unauthorized_client":
        return StorageDeniedError(
            "The provider's attribute condition refuses this organization: the customer must set "
            "the condition of the setup kit.",
            workload_provider=provider,
        )
    if "issuer" in refusal.text.lower() and "connecting" in refusal.text.lower():
        return CloudIdentityError(
            "Google Cloud cannot reach Mooring's OIDC issuer: the operator must make "
            "MOORING_OIDC_ISSUER reachable from the internet."
        )
    return StorageDeniedError(
        "The provider does not accept Mooring's token. It names another issuer or lists audiences "
        "of its own: the customer must compare it with the setup kit.",
        provider=provider,
    )


def impersonation_denied(refusal: GoogleRefusalError, email: str) -> AppError:
    """Explain why we may not act as a service account of the customer's."""
    if refusal.reason == _SERVICE_OFF:
        return StorageDeniedError(
            "The IAM Credentials API is off in the project of the workload identity pool: the "
            "customer must enable iamcredentials.googleapis.com.",
            service_account=email,
        )
    return StorageDeniedError(
        "The service account does not let Mooring act for it. It does not exist or is disabled, or "
        "it lacks the binding of the setup kit. What was just made can need a few minutes.",
        service_account=email,
    )


def own_account_denied(refusal: GoogleRefusalError) -> AppError:
    """Explain why we may not act as our own service account of an organization."""
    if refusal.reason == _SERVICE_OFF:
        return CloudIdentityError(
            "The IAM Credentials API is off: the operator must enable "
            "iamcredentials.googleapis.com in Mooring's project."
        )
    return CloudIdentityError(
        "Google Cloud does not let Mooring act as its own service account for this organization. "
        "One that was just made can need a few minutes; else the operator must give Mooring "
        "roles/iam.serviceAccountTokenCreator on it, and neither delete nor disable it."
    )


def key_denied(refusal: GoogleRefusalError, email: str) -> AppError:
    """Explain why Google takes no token that was signed with a customer's key."""
    if "reasonable timeframe" in refusal.text:  # "Invalid JWT: Token must be a short-lived token…"
        return CloudIdentityError("Mooring's clock is wrong: the operator must correct it.")
    return StorageDeniedError(
        "Google Cloud does not accept the service account's key. The key was deleted or disabled, "
        "or the service account was: the customer must make another key, and the credential be "
        "rotated to it.",
        service_account=email,
    )


def _reason(told: Mapping[str, Any]) -> str:
    """Return the first reason, of google.rpc.ErrorInfo or of an older API's list of errors."""
    for name in ("details", "errors"):
        found = told.get(name)
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict) and "reason" in each:
                return str(each["reason"])
    return ""


def _wait(seconds: str) -> timedelta:
    if not seconds.isascii() or not seconds.isdigit():  # a date, or nothing
        return DEFAULT_WAIT
    return min(timedelta(seconds=int(seconds[:6])), MAX_WAIT)
