"""Sign-ins at Entra: who is there, of which tenant, and may they consent for it.

OpenID Connect Core 1.0, "Authentication using the Authorization Code Flow", with PKCE (RFC 7636).
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from pydantic import BaseModel, Field, StrictInt, ValidationError

from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.entra import is_certificate
from services.credentials.issuers.entra_refusals import aadsts_code
from shared.clock import Clock
from shared.errors import (
    CloudIdentityError,
    ConsentLinkError,
    SignInNotProvedError,
    StorageUnavailableError,
)

CLOCK_SKEW = timedelta(minutes=5)  # what Microsoft's own libraries allow
ASSERTION_LIFE = timedelta(minutes=10)
LONGEST_TOKEN = 16_384
PERSONAL_TENANT = UUID("9188040d-6c67-4c5b-b112-36a304b66dad")
"""Of personal Microsoft accounts ("ID token claims reference"): it belongs to everybody."""

CONSENTING_ROLES = frozenset(
    (
        "62e90394-69f5-4237-9190-012177145e10",  # Global Administrator
        "e8611ab8-c189-46e8-94e1-60213ab1f814",  # Privileged Role Administrator
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",  # Application Administrator
        "158c047a-c907-4556-b7ef-446551a6b5f7",  # Cloud Application Administrator
    )
)
"""Who may consent for a tenant ("Microsoft Entra built-in roles"), by the ids of claim `wids`.

Anybody of a tenant can sign in; without this a clerk, or a guest, could hand over a whole company's
tenant.
"""

_OPERATORS_CODES = {"7000215", "7000218", "7000222", "700027", "700016", "50011", "500113"}


@dataclass(frozen=True, slots=True)
class SignInSecrets:
    """What ties a sign-in to its beginning: the id token's nonce and the code's verifier."""

    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        digest = sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in: an administrator of the tenant, by their object's id there."""

    tenant_id: UUID
    object_id: UUID


class _Claims(BaseModel):
    """What an id token must say, besides its audience ("ID token claims reference")."""

    iss: str
    tid: UUID
    oid: UUID
    nonce: str
    iat: StrictInt
    nbf: StrictInt
    exp: StrictInt
    wids: Annotated[list[str], Field(max_length=1_000)] | None = None


class SignIns:
    """Send browsers to Entra, and read what they bring back."""

    def __init__(
        self,
        application: AzureApplication,
        address: AzureAddress,
        http: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        self._application = application
        self._authority = address.authority_of(application.endpoint_suffix)
        self._http = http
        self._clock = clock

    def consent_url(self, state: str) -> str:
        """Return where an administrator consents ("Admin consent", identity platform).

        To a sign-in and nothing more: what the application may do is said by the roles that it is
        given at storage accounts.
        """
        return self._url(
            "v2.0/adminconsent",
            client_id=str(self._application.client_id),
            scope="openid",
            redirect_uri=self._application.consent_redirect,
            state=state,
        )

    def sign_in_url(self, state: str, secrets: SignInSecrets) -> str:
        """Return where the administrator signs in; which tenant it is, the token will say."""
        return self._url(
            "oauth2/v2.0/authorize",
            client_id=str(self._application.client_id),
            response_type="code",
            response_mode="query",
            prompt="select_account",  # or a link would sign in whoever opens it, without a word
            redirect_uri=self._application.sign_in_redirect,
            scope="openid",
            state=state,
            nonce=secrets.nonce,
            code_challenge=secrets.challenge,
            code_challenge_method="S256",
        )

    async def finish(self, code: str, secrets: SignInSecrets) -> SignedIn:
        """Exchange the code, and return who signed in.

        Raise ConsentLinkError for a code that Entra refuses, SignInNotProvedError for a token that
        proves nothing, CloudIdentityError and StorageUnavailableError.
        """
        form = {
            "client_id": str(self._application.client_id),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._application.sign_in_redirect,
            "code_verifier": secrets.verifier,
            "scope": "openid",
            **self._authentication(),
        }
        answer = await self._ask("POST", "oauth2/v2.0/token", data=form)
        token = _json(answer).get("id_token")
        if answer.status_code != HTTPStatus.OK:
            raise _exchange_refused(answer)
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            raise SignInNotProvedError("Entra's answer to the sign-in holds no id token.")
        return self._judge(await self._verify(token), secrets)

    async def _verify(self, token: str) -> _Claims:
        """Return the claims of a token that Entra signed for us; the rest is not judged yet."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            claims = _Claims.model_validate(
                jwt.decode(
                    token,
                    await self._key(key_id, token),
                    algorithms=["RS256"],
                    audience=str(self._application.client_id),
                    options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
                )
            )
        except (jwt.PyJWTError, ValidationError) as error:
            raise SignInNotProvedError(
                "The id token is not one that Entra made for this application."
            ) from error
        return claims

    async def _key(self, key_id: object, token: str) -> jwt.PyJWK:
        """Return Entra's key of this id, if it may sign for the issuer that the token names.

        "Access tokens, Validate the signing key issuer": a key can be bound to one issuer, in which
        `{tenantid}` stands for any tenant's.
        """
        answer = await self._ask("GET", "discovery/v2.0/keys")
        if answer.status_code != HTTPStatus.OK:
            raise StorageUnavailableError("Entra does not show its keys.")
        claims = jwt.decode(token, options={"verify_signature": False})
        keys = _json(answer).get("keys")
        for key in keys if isinstance(keys, list) else ():
            if not isinstance(key, dict) or key.get("kid") != key_id or key_id is None:
                continue
            bound_to = str(key.get("issuer") or "").replace("{tenantid}", str(claims.get("tid")))
            if bound_to in {"", claims.get("iss")}:
                return jwt.PyJWK(key, algorithm="RS256")
        raise SignInNotProvedError("The id token is signed with a key that is not Entra's.")

    def _judge(self, claims: _Claims, secrets: SignInSecrets) -> SignedIn:
        if claims.iss != f"{self._authority}/{claims.tid}/v2.0":
            raise SignInNotProvedError("The id token's issuer is not its tenant.")
        if not hmac.compare_digest(claims.nonce.encode(), secrets.nonce.encode()):
            raise SignInNotProvedError("The id token is of another sign-in.")
        if not _is_current(claims, self._clock.now()):
            raise SignInNotProvedError("The id token has expired, or is not valid yet.")
        if claims.tid == PERSONAL_TENANT:
            raise SignInNotProvedError(
                "This is a personal Microsoft account: sign in with one of the organization's."
            )
        if claims.wids is None:
            raise CloudIdentityError(
                "Entra does not say who is an administrator: the manifest of Mooring's application"
                ' must have "groupMembershipClaims": "DirectoryRole".'
            )
        if CONSENTING_ROLES.isdisjoint(claims.wids):
            raise SignInNotProvedError(
                "Whoever signed in may not consent for the tenant: that takes a Cloud Application"
                " Administrator, Application Administrator or Global Administrator."
            )
        return SignedIn(claims.tid, claims.oid)

    def _authentication(self) -> dict[str, str]:
        """Return the fields that say who we are: the secret, or an assertion by the certificate.

        "Microsoft identity platform application authentication certificate credentials".
        """
        secret = self._application.secret.get_secret_value()
        if not is_certificate(self._application.secret):
            return {"client_secret": secret}
        client_id, now = str(self._application.client_id), self._clock.now()
        try:
            certificate = load_pem_x509_certificate(secret.encode())
            key = load_pem_private_key(secret.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise CloudIdentityError(
                "The certificate of Mooring's application cannot be read."
            ) from error
        thumbprint = urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode()
        assertion = jwt.encode(
            {
                "aud": f"{self._authority}/organizations/oauth2/v2.0/token",
                "iss": client_id,
                "sub": client_id,
                "jti": str(uuid4()),
                "nbf": now,
                "exp": now + ASSERTION_LIFE,
            },
            key,  # type: ignore[arg-type] # RSA, as the application must have it
            algorithm="PS256",
            headers={"x5t#S256": thumbprint},
        )
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion_type": kind, "client_assertion": assertion}

    def _url(self, path: str, **query: str) -> str:
        return f"{self._authority}/organizations/{path}?{urlencode(query)}"

    async def _ask(
        self, method: str, path: str, data: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"{self._authority}/organizations/{path}"
        try:
            answer = await self._http.request(method, url, data=data)
        except httpx.TransportError as error:
            raise StorageUnavailableError("Entra cannot be reached.") from error
        if httpx.codes.is_server_error(answer.status_code):
            raise StorageUnavailableError("Entra fails on its side.")
        return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_current(claims: _Claims, now: datetime) -> bool:
    skew = CLOCK_SKEW.total_seconds()
    return claims.nbf - skew <= now.timestamp() < claims.exp + skew


def _exchange_refused(answer: httpx.Response) -> ConsentLinkError | CloudIdentityError:
    code = aadsts_code(str(_json(answer).get("error_description", "")))
    if code in _OPERATORS_CODES:
        return CloudIdentityError(
            f"Entra does not accept Mooring's application (AADSTS{code}): the operator must renew"
            " its secret, or register its redirect URIs."
        )
    return ConsentLinkError("Entra does not accept the sign-in's code: begin anew.", aadsts=code)
