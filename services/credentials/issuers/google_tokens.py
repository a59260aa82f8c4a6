"""Tokens of service accounts: ours for an organization, and those that customers let us act as."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import UUID

import jwt
from pydantic import SecretStr

from services.credentials.issuers.base import (
    FederatedServiceAccount,
    OrganizationServiceAccount,
    ServiceAccountKey,
)
from services.credentials.issuers.google_calls import GoogleAddress, GoogleCalls
from services.credentials.issuers.google_identity import SCOPE as IAM
from services.credentials.issuers.google_identity import SPARE, GoogleIdentity
from services.credentials.issuers.google_refusals import (
    GoogleRefusalError,
    federation_denied,
    google_error,
    impersonation_denied,
    key_denied,
    own_account_denied,
)
from services.credentials.oidc import OidcIssuer, no_issuer
from services.credentials.service_account_keys import open_private_key
from shared.clock import Clock
from shared.errors import AppError, StorageDeniedError, StorageUnavailableError

Impersonated: TypeAlias = OrganizationServiceAccount | FederatedServiceAccount
ServiceAccount: TypeAlias = Impersonated | ServiceAccountKey

READ_ONLY = "https://www.googleapis.com/auth/devstorage.read_only"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
"""Of tokens that stay in the vault: exchanged for narrower ones, or asked what they may do."""

LONGEST = timedelta(hours=1)
"""Of tokens, unless the project's owner allows more ("generateAccessToken", IAM Credentials)."""

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 (the audience of a key's JWT)

_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
}
_ID_TOKEN = "urn:ietf:params:oauth:token-type:jwt"  # noqa: S105 (a name of RFC 8693)
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class GoogleToken:
    """A token and when it ends."""

    token: SecretStr
    expires_at: datetime


class GoogleTokens:
    """Get tokens; raise what an Issuer raises."""

    def __init__(
        self,
        calls: GoogleCalls,
        identity: GoogleIdentity,
        address: GoogleAddress,
        clock: Clock,
        *,
        oidc: OidcIssuer | None,
    ) -> None:
        self._calls = calls
        self._identity = identity
        self._address = address
        self._clock = clock
        self._oidc = oidc
        self._federated: dict[tuple[UUID, str], GoogleToken] = {}

    async def get(self, org_id: UUID, account: ServiceAccount, scope: str) -> GoogleToken:
        """Return a token of the service account for an hour."""
        if isinstance(account, ServiceAccountKey):
            return await self._get_by_key(account, scope)
        bearer = await self._bearer(org_id, account)
        body = {"scope": [scope], "lifetime": f"{int(LONGEST.total_seconds())}s"}
        url = self.account_url(account.email, "generateAccessToken")
        try:
            answer = await self._calls.post(url, body, bearer=bearer)
        except GoogleRefusalError as refusal:
            raise denied_by(account, refusal) from refusal
        expires_at = datetime.fromisoformat(_text(answer, "expireTime")).astimezone(UTC)
        return GoogleToken(SecretStr(_text(answer, "accessToken")), expires_at)

    async def signing_bearer(self, org_id: UUID, account: Impersonated) -> SecretStr:
        """Return a token with which IAM is asked to sign as the account.

        That of a pool is kept for an hour at most: IAM asks for each signature whether it may.
        """
        if isinstance(account, OrganizationServiceAccount):
            return await self._identity.token()
        place = (org_id, account.provider)
        enough = self._clock.now() + SPARE
        kept = self._federated.get(place)
        if kept is not None and kept.expires_at > enough:
            return kept.token
        fresh = await self._federate(org_id, account)
        lasting = {key: each for key, each in self._federated.items() if each.expires_at > enough}
        self._federated = {**lasting, place: fresh}
        return fresh.token

    async def is_open(self, org_id: UUID, account: FederatedServiceAccount) -> bool:
        """Say whether we may act as the account for this organization.

        Only a plain refusal, by the provider or by the account, means that not.
        """
        try:
            await self.get(org_id, account, READ_ONLY)
        except StorageDeniedError:
            return False
        return True

    async def narrow(self, token: GoogleToken, boundary: str) -> GoogleToken:
        """Exchange a token for one that can do no more than an access boundary allows.

        Raise GoogleRefusalError for what is not passing: a boundary may not fit into a token.
        """
        form = {
            **_EXCHANGE,
            "subject_token": token.token.get_secret_value(),
            "subject_token_type": _ACCESS_TOKEN,
            "options": quote(boundary),  # encoded once more, as Google's own libraries do
        }
        answer = await self._calls.post_form(f"{self._address.sts}/v1/token", form)
        # It says no time where the source is a service account, and lives as long as that.
        return GoogleToken(SecretStr(_text(answer, "access_token")), token.expires_at)

    def account_url(self, email: str, call: str) -> str:
        """Return the address of a call of the IAM Credentials API."""
        account = quote(email, safe="@")
        return f"{self._address.iam_credentials}/v1/projects/-/serviceAccounts/{account}:{call}"

    async def _bearer(self, org_id: UUID, account: Impersonated) -> SecretStr:
        """Return a token with which IAM is asked to act as the account, as things are now."""
        if isinstance(account, OrganizationServiceAccount):
            return await self._identity.token()
        return (await self._federate(org_id, account)).token

    async def _federate(self, org_id: UUID, account: FederatedServiceAccount) -> GoogleToken:
        if self._oidc is None:
            raise no_issuer()
        ours = self._oidc.mint(org_id, f"https://iam.googleapis.com/{account.provider}")
        form = {
            **_EXCHANGE,
            "audience": f"//iam.googleapis.com/{account.provider}",
            "scope": IAM,
            "subject_token": ours.get_secret_value(),
            "subject_token_type": _ID_TOKEN,
        }
        asked_at = self._clock.now()
        try:
            answer = await self._calls.post_form(f"{self._address.sts}/v1/token", form)
        except GoogleRefusalError as refusal:
            denied = federation_denied(refusal, account.provider)
            raise google_error(refusal, denied) from refusal
        return _read(answer, asked_at)

    async def _get_by_key(self, key: ServiceAccountKey, scope: str) -> GoogleToken:
        asked_at = self._clock.now()
        form = {"grant_type": _JWT_BEARER, "assertion": _assertion(key, scope, asked_at)}
        try:
            answer = await self._calls.post_form(f"{self._address.oauth}/token", form)
        except GoogleRefusalError as refusal:
            raise google_error(refusal, key_denied(refusal, key.email)) from refusal
        return _read(answer, asked_at)


def denied_by(account: Impersonated, refusal: GoogleRefusalError) -> AppError:
    """Return what a refusal to act as the account means."""
    if isinstance(account, OrganizationServiceAccount):
        return google_error(refusal, own_account_denied(refusal))
    return google_error(refusal, impersonation_denied(refusal, account.email))


def _assertion(key: ServiceAccountKey, scope: str, now: datetime) -> str:
    """Sign what a key gets a token for ("Using OAuth 2.0 for Server to Server Applications")."""
    claims = {
        "iss": key.email,
        "scope": scope,
        "aud": TOKEN_URL,
        "iat": int(now.timestamp()),
        "exp": int((now + LONGEST).timestamp()),
    }
    headers = {"kid": key.key_id}
    return jwt.encode(claims, open_private_key(key), algorithm="RS256", headers=headers)


def _read(answer: dict[str, Any], asked_at: datetime) -> GoogleToken:
    lasts = answer.get("expires_in")
    if not isinstance(lasts, int):
        raise _not_a_token()
    expires_at = asked_at + timedelta(seconds=lasts)
    return GoogleToken(SecretStr(_text(answer, "access_token")), expires_at)


def _text(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise _not_a_token()
    return found


def _not_a_token() -> StorageUnavailableError:
    return StorageUnavailableError("Google Cloud answered with something other than a token.")
