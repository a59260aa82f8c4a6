"""Refusals of Google's services: whose turn it is, read from both forms that they have."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.credentials.issuers.google_refusals import (
    GoogleRefusalError,
    federation_denied,
    google_error,
    impersonation_denied,
    key_denied,
    own_account_denied,
    read_refusal,
)
from shared.errors import (
    AppError,
    CloudIdentityError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)

PERMISSION = (
    "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
)


def of_iam(status: int, code: str, message: str = "", reason: str = "") -> GoogleRefusalError:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
    details: list[dict[str, Any]] = [{"@type": "…LocalizedMessage"}, *([info] if reason else [])]
    error = {"code": status, "message": message, "status": code, "details": details}
    return read_refusal(httpx.Response(status, json={"error": error}))


def of_oauth(status: int, code: str, description: str = "") -> GoogleRefusalError:
    body = {"error": code, "error_description": description}
    return read_refusal(httpx.Response(status, json=body))


def told(refusal: GoogleRefusalError) -> tuple[int, str, str, str]:
    return refusal.status, refusal.code, refusal.reason, refusal.text


def test_both_forms_are_read() -> None:
    assert told(of_iam(403, "PERMISSION_DENIED", PERMISSION, "IAM_PERMISSION_DENIED")) == (
        403,
        "PERMISSION_DENIED",
        "IAM_PERMISSION_DENIED",
        PERMISSION,
    )
    assert told(of_oauth(400, "invalid_grant", "Bad")) == (400, "invalid_grant", "", "Bad")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"7", b'{"error": 7}', b'{"error": {"details": 7}}', b'{"x": 1}'],
)
def test_whatever_a_proxy_answers_is_a_refusal(body: bytes) -> None:
    refusal = read_refusal(httpx.Response(502, content=body))
    assert told(refusal) == (502, "", "", "")


def test_a_text_of_google_is_in_nothing_that_is_shown() -> None:
    assert PERMISSION not in repr(of_iam(403, "PERMISSION_DENIED", PERMISSION))
    assert PERMISSION not in str(of_iam(403, "PERMISSION_DENIED", PERMISSION))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, StorageThrottledError),
        (500, StorageUnavailableError),
        (503, StorageUnavailableError),
        (400, StorageDeniedError),
        (401, StorageDeniedError),
        (403, StorageDeniedError),
        (404, StorageDeniedError),
        (409, StorageError),
    ],
)
def test_a_denial_is_told_from_what_passes(status: int, kind: type[AppError]) -> None:
    denied = StorageDeniedError("Denied.")
    assert type(google_error(of_iam(status, ""), denied)) is kind


def test_a_quota_of_cloud_storage_throttles_with_403() -> None:
    error = {"code": 403, "message": "…", "errors": [{"reason": "rateLimitExceeded"}]}
    refusal = read_refusal(httpx.Response(403, json={"error": error}))
    assert (refusal.reason, refusal.passes) == ("rateLimitExceeded", True)
    assert type(google_error(refusal, StorageDeniedError("No."))) is StorageThrottledError


@pytest.mark.parametrize(
    ("given", "seconds"), [("7", 7), ("", 5), ("soon", 5), ("99999", 300), ("Sat, 1 Jan", 5)]
)
def test_throttling_says_for_how_long(given: str, seconds: int) -> None:
    refusal = read_refusal(httpx.Response(429, headers={"Retry-After": given}))
    error = google_error(refusal, StorageDeniedError("Denied."))
    assert error.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("error", "who", "says"),
    [
        (
            federation_denied(of_oauth(400, "invalid_target"), "p"),
            "customer",
            "knows no such provider",
        ),
        (
            federation_denied(of_oauth(401, "unauthorized_client"), "p"),
            "customer",
            "attribute condition refuses this organization",
        ),
        (
            federation_denied(of_oauth(400, "invalid_grant", "The audience in ID Token…"), "p"),
            "customer",
            "does not accept Mooring's token",
        ),
        (
            federation_denied(
                of_oauth(
                    400, "invalid_grant", "Error connecting to the given credential's issuer."
                ),
                "p",
            ),
            "operator",
            "cannot reach Mooring's OIDC issuer",
        ),
        (
            impersonation_denied(of_iam(403, "PERMISSION_DENIED", PERMISSION), "e"),
            "customer",
            "does not let Mooring act for it",
        ),
        (
            impersonation_denied(of_iam(403, "PERMISSION_DENIED", "", "SERVICE_DISABLED"), "e"),
            "customer",
            "must enable iamcredentials.googleapis.com",
        ),
        (
            own_account_denied(of_iam(403, "PERMISSION_DENIED", PERMISSION)),
            "operator",
            "roles/iam.serviceAccountTokenCreator",
        ),
        (
            own_account_denied(of_iam(403, "PERMISSION_DENIED", "", "SERVICE_DISABLED")),
            "operator",
            "must enable iamcredentials.googleapis.com",
        ),
        (
            key_denied(of_oauth(400, "invalid_grant", "Invalid JWT Signature."), "e"),
            "customer",
            "does not accept the service account's key",
        ),
        (
            key_denied(
                of_oauth(
                    400,
                    "invalid_grant",
                    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
                    "reasonable timeframe.",
                ),
                "e",
            ),
            "operator",
            "Mooring's clock is wrong",
        ),
    ],
)
def test_each_denial_says_who_must_do_what(error: AppError, who: str, says: str) -> None:
    assert error.who == who
    assert says in error.detail
    kinds = {"customer": StorageDeniedError, "operator": CloudIdentityError}
    assert type(error) is kinds[who]
