"""Callers: who is asking, for which organization, and what they may do."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from shared.clock import Clock
from shared.database.api_keys import find_api_key
from shared.database.session import NO_ORG, Database
from shared.errors import ForbiddenError, UnauthorizedError
from shared.tokens import ServiceCaller, parse_api_key, read_service_token


class Scope(StrEnum):
    """What an API key may do."""

    KEYS_WRITE = "api-keys:write"
    CREDENTIALS_READ = "credentials:read"
    CREDENTIALS_WRITE = "credentials:write"
    LOCATIONS_READ = "locations:read"
    LOCATIONS_WRITE = "locations:write"
    DATASETS_READ = "datasets:read"
    DATASETS_WRITE = "datasets:write"
    ASSETS_VIEW = "assets:view"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `org_id` is NO_ORG for the operator; None expires never."""

    org_id: UUID
    scopes: frozenset[Scope]
    is_operator: bool = False
    expires_at: datetime | None = None


class Authenticator:
    """Turn the bearer of a request into a principal.

    Raises UnauthorizedError for everything that is not a live key; it never says why.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        service: str,
        service_key: SecretStr,
        admin_key: SecretStr | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._service = service
        self._service_key = service_key
        self._admin_key = admin_key

    async def authenticate(self, bearer: str | None) -> Principal:
        """Accept an organization's API key, or the operator's where this service knows it."""
        if not bearer:
            raise UnauthorizedError("Send an API key as `Authorization: Bearer …`.")
        if self._is_operator(bearer):
            return Principal(NO_ORG, frozenset(), is_operator=True)
        token = parse_api_key(bearer)
        if token is None:
            raise UnauthorizedError("The API key is not valid.")
        async with self._database.begin(token.org_id) as session:
            key = await find_api_key(session, token.api_key_id)
        now = self._clock.now()
        if (
            key is None
            or not hmac.compare_digest(key.secret_hash, token.secret_hash)
            or key.revoked_at is not None
            or (key.expires_at is not None and key.expires_at <= now)
        ):
            raise UnauthorizedError("The API key is not valid.")
        # A scope that a newer version gave out, and this one does not know, grants nothing here.
        scopes = frozenset(each for each in Scope if each in key.scopes)
        return Principal(token.org_id, scopes, expires_at=key.expires_at)

    def authenticate_service(self, bearer: str | None) -> ServiceCaller:
        """Accept a token that another service minted for this one."""
        if bearer is None:
            raise UnauthorizedError("This path is for services.")
        return read_service_token(
            self._service_key, bearer, audience=self._service, now=self._clock.now()
        )

    def _is_operator(self, bearer: str) -> bool:
        if self._admin_key is None:
            return False
        return hmac.compare_digest(bearer.encode(), self._admin_key.get_secret_value().encode())


_bearer = HTTPBearer(auto_error=False, description="An API key of an organization (`mrg_…`).")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _text(bearer: HTTPAuthorizationCredentials | None) -> str | None:
    return None if bearer is None else bearer.credentials


async def _authenticate(request: Request, bearer: Bearer) -> Principal:
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.authenticate(_text(bearer))


async def _authenticate_service(request: Request, bearer: Bearer) -> ServiceCaller:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator.authenticate_service(_text(bearer))


def _operator(principal: Annotated[Principal, Depends(_authenticate)]) -> Principal:
    if not principal.is_operator:
        raise ForbiddenError("This needs the operator's key.")
    return principal


class Requires:
    """Let a route in for an organization's key with this scope: `Depends(Requires(Scope.X))`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(self, principal: Annotated[Principal, Depends(_authenticate)]) -> Principal:
        """Return the principal, or raise ForbiddenError that names the scope."""
        if principal.is_operator:
            raise ForbiddenError("The operator's key belongs to no organization; use an API key.")
        if self._scope not in principal.scopes:
            raise ForbiddenError("The API key lacks a scope.", scope=self._scope.value)
        return principal


Caller = Annotated[Principal, Depends(_authenticate)]
"""Anybody with a key: the operator, or an organization whatever its key's scopes."""

Operator = Annotated[Principal, Depends(_operator)]
FromService = Annotated[ServiceCaller, Depends(_authenticate_service)]
