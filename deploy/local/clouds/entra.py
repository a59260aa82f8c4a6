"""A stand-in for Microsoft Entra: consent, sign-in with PKCE, tokens, and the keys behind them.

It refuses what Entra refuses of these, with Entra's codes. A browser is played by `consent_in` and
`sign_in`, which take the address that it was sent to and return the one that it comes back to.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.clouds.certificates import make_certificate, make_rsa_key, pem_of

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
DIRECTORY_READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
STORAGE_SCOPE = "https://storage.azure.com/.default"
KEPT_QUESTIONS = 1000  # it may stand in for days
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class RefusedError(Exception):
    """Refuse with one of Entra's codes."""

    def __init__(self, code: str, error: str = "invalid_client", status: int = 401) -> None:
        super().__init__(code)
        self.code, self.error, self.status = code, error, status


@dataclass(slots=True)
class Application:
    """An application, with what proves it."""

    client_id: UUID = field(default_factory=uuid4)
    secret: str | None = None
    certificate: Certificate | None = None
    redirects: tuple[str, ...] = ()


@dataclass(slots=True)
class _Code:
    """What an authorization code stands for, once."""

    query: dict[str, str]
    claims: dict[str, Any]


class Entra:
    """Tenants with the applications that they know. `clock` says the time that tokens tell."""

    def __init__(self, authority: str, clock: Callable[[], datetime]) -> None:
        self.authority = authority
        self.clock = clock
        self.key = make_rsa_key()
        self.key_id = "key-1"
        self.applications: dict[str, Application] = {}
        self.principals: dict[tuple[str, str], str] = {}
        self.tenants: set[str] = set()
        self.fails_with: int | None = None
        self.binds_keys = True
        self.twist: dict[str, Any] = {}
        """Claims of the next id tokens that are not what they should be; None leaves one out."""
        self.signing_key: RSAPrivateKey = self.key
        self.signing_key_id = self.key_id
        self.asked: deque[dict[str, str]] = deque(maxlen=KEPT_QUESTIONS)
        self._codes: dict[str, _Code] = {}
        self.app = Starlette(
            routes=[
                Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Route("/{tenant}/discovery/v2.0/keys", self._keys),
            ]
        )

    # --- what is arranged ---------------------------------------------------------------------

    def register(self, application: Application) -> Application:
        self.applications[str(application.client_id)] = application
        return application

    def add_tenant(self) -> UUID:
        tenant = uuid4()
        self.tenants.add(str(tenant))
        return tenant

    def add_principal(self, tenant: UUID, client_id: UUID) -> str:
        """Make the application known in the tenant, and return its principal's object id."""
        return self.principals.setdefault((str(tenant), str(client_id)), str(uuid4()))

    # --- what a browser does ------------------------------------------------------------------

    def consent_in(self, url: str, tenant: UUID) -> str:
        """Let the tenant's administrator consent."""
        query = self._query(url, "/organizations/v2.0/adminconsent")
        self.add_principal(tenant, UUID(query["client_id"]))
        told = {"admin_consent": "True", "tenant": str(tenant), "scope": query["scope"]}
        return _back(query, **told)

    def decline(self, url: str) -> str:
        """Let the administrator say no."""
        path = urlsplit(url).path
        told = "AADSTS65004: User declined to consent to access the app."
        return _back(self._query(url, path), error="access_denied", error_description=told)

    def sign_in(
        self, url: str, tenant: UUID, *, roles: tuple[str, ...] | None = (GLOBAL_ADMINISTRATOR,)
    ) -> str:
        """Let somebody of the tenant sign in; `roles` None leaves the claim out."""
        query = self._query(url, "/organizations/oauth2/v2.0/authorize")
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(48)
        now = self.clock()
        claims = {
            "iss": f"{self.authority}/{tenant}/v2.0",
            "aud": query["client_id"],
            "tid": str(tenant),
            "oid": str(uuid4()),
            "sub": "pairwise",
            "nonce": query["nonce"],
            "iat": now,
            "nbf": now,
            "exp": now + timedelta(hours=1),
            "ver": "2.0",
            "wids": None if roles is None else list(roles),
        }
        self._codes[code] = _Code(query, claims)
        return _back(query, code=code)

    def _query(self, url: str, path: str) -> dict[str, str]:
        parts = urlsplit(url)
        assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (self.authority, path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query["redirect_uri"] in self.applications[query["client_id"]].redirects
        return query

    # --- what a server asks -------------------------------------------------------------------

    async def _keys(self, _request: Request) -> Response:
        public = self.key.public_key()
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public))
        issuer = f"{self.authority}/{{tenantid}}/v2.0"
        shown = {**key, "kid": self.key_id, "use": "sig"}
        if self.binds_keys:
            shown["issuer"] = issuer
        return JSONResponse({"keys": [shown]})

    async def _token(self, request: Request) -> Response:
        sent = parse_qs((await request.body()).decode())
        form = {name: values[0] for name, values in sent.items()}
        self.asked.append(form)
        if self.fails_with is not None:
            return JSONResponse({"error": "temporarily_unavailable"}, self.fails_with)
        tenant = request.path_params["tenant"]
        try:
            if form["grant_type"] == "authorization_code":
                return JSONResponse(self._redeem(tenant, form))
            return JSONResponse(self._grant(tenant, form))
        except RefusedError as refusal:
            told = f"AADSTS{refusal.code}: what Entra says. Trace ID: {uuid4()}"
            body = {
                "error": refusal.error,
                "error_description": told,
                "error_codes": [int(refusal.code)],
            }
            return JSONResponse(body, refusal.status)

    def _grant(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        assert form["scope"] == STORAGE_SCOPE
        if tenant not in self.tenants:
            raise RefusedError("90002", "invalid_request", 400)
        principal = self.principals.get((tenant, form["client_id"]))
        if principal is None:
            raise RefusedError("700016", "unauthorized_client", 400)
        self._authenticate(form)
        now = self.clock()
        claims = {
            "aud": "https://storage.azure.com",
            "iss": f"https://sts.windows-ppe.net/{tenant}/",
            "tid": tenant,
            "oid": principal,
            "appid": form["client_id"],
            "nbf": now,
            "iat": now,
            "exp": now + timedelta(hours=1),
        }
        token = jwt.encode(claims, self.key, algorithm="RS256")
        return {"token_type": "Bearer", "expires_in": 3_599, "access_token": token}

    def _redeem(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        assert tenant == "organizations"
        self._authenticate(form)
        made = self._codes.pop(form["code"], None)
        if made is None:
            raise RefusedError("70000", "invalid_grant", 400)
        challenge = sha256(form["code_verifier"].encode()).digest()
        if _text(challenge) != made.query["code_challenge"]:
            raise RefusedError("501481", "invalid_grant", 400)
        if form["redirect_uri"] != made.query["redirect_uri"]:
            raise RefusedError("500112", "invalid_client", 400)
        claims = {**made.claims, **self.twist}
        shown = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.signing_key_id}
        token = jwt.encode(shown, self.signing_key, algorithm="RS256", headers=headers)
        return {"token_type": "Bearer", "expires_in": 3_599, "id_token": token}

    def _authenticate(self, form: dict[str, str]) -> None:
        application = self.applications.get(form["client_id"])
        if application is None:
            raise RefusedError("700016", "unauthorized_client", 400)
        if "client_secret" in form:
            if application.secret is None or form["client_secret"] != application.secret:
                raise RefusedError("7000215")
            return
        assert form["client_assertion_type"] == ASSERTION
        certificate = application.certificate
        header = jwt.get_unverified_header(form["client_assertion"])
        thumbprint = None if certificate is None else _text(certificate.fingerprint(SHA256()))
        if certificate is None or str(header["x5t#S256"]).rstrip("=") != thumbprint:
            raise RefusedError("700027")
        key = certificate.public_key()
        assert isinstance(key, RSAPublicKey)
        url = f"{self.authority}/"
        claims = jwt.decode(
            form["client_assertion"],
            key,
            algorithms=["PS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False},
        )
        assert claims["aud"].startswith(url)
        assert claims["aud"].endswith("/oauth2/v2.0/token")
        assert claims["iss"] == claims["sub"] == form["client_id"]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _back(query: dict[str, str], **told: str) -> str:
    return f"{query['redirect_uri']}?{urlencode({**told, 'state': query['state']})}"


@dataclass(frozen=True, slots=True)
class ServedEntra:
    """A stand-in that is served with TLS, and the certificate that vouches for it."""

    entra: Entra
    ca_file: Path


@asynccontextmanager
async def serving_entra(
    directory: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[ServedEntra]:
    """Serve a stand-in on loopback by https, the only way that Azure's SDK asks for tokens."""
    key = make_rsa_key()
    certificate = make_certificate(key)
    both = directory / "entra.pem"
    both.write_text(pem_of(key, certificate))
    entra = Entra("", clock)
    config = uvicorn.Config(
        entra.app,
        host="127.0.0.1",
        port=0,
        ssl_certfile=str(both),
        ssl_keyfile=str(both),
        log_config=None,
        lifespan="off",
        http="h11",
        ws="none",
    )
    server = _Server(config)
    async with server.running() as port:
        entra.authority = f"https://127.0.0.1:{port}"
        yield ServedEntra(entra, both)


class _Server(uvicorn.Server):
    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup()
        try:
            yield self.servers[0].sockets[0].getsockname()[1]
        finally:
            await self.shutdown()
