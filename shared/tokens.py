"""Tokens: API keys of organizations, and the short JWTs of the services' calls to each other."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from pydantic import SecretStr

from shared.errors import UnauthorizedError

SERVICE_TOKEN_LIFE = timedelta(seconds=60)
_API_KEY = re.compile(r"mrg_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class ApiKeyToken:
    """The parts of an API key. `org_id` only says where to look; the secret decides."""

    org_id: UUID
    api_key_id: UUID
    secret_hash: bytes


def mint_api_key(org_id: UUID, api_key_id: UUID) -> SecretStr:
    """Make the text of a new API key, with 256 random bits."""
    return SecretStr(f"mrg_{org_id.hex}_{api_key_id.hex}_{secrets.token_urlsafe(32)}")


def parse_api_key(text: str) -> ApiKeyToken | None:
    """Take an API key apart; None when the text is not one."""
    match = _API_KEY.fullmatch(text)
    if match is None:
        return None
    secret_hash = hashlib.sha256(match[3].encode()).digest()
    return ApiKeyToken(UUID(match[1]), UUID(match[2]), secret_hash)


@dataclass(frozen=True, slots=True)
class ServiceCaller:
    """Who calls: a service, for one organization."""

    service: str
    org_id: UUID


def mint_service_token(
    key: SecretStr, *, issuer: str, audience: str, org_id: UUID, now: datetime
) -> str:
    """Make a token that `audience` accepts for 60 seconds."""
    claims = {
        "iss": issuer,
        "aud": audience,
        "org": str(org_id),
        "iat": now,
        "exp": now + SERVICE_TOKEN_LIFE,
    }
    return jwt.encode(claims, key.get_secret_value(), algorithm=_ALGORITHM)


def read_service_token(
    key: SecretStr, token: str, *, audience: str, now: datetime
) -> ServiceCaller:
    """Return the caller, or raise UnauthorizedError."""
    try:
        claims = jwt.decode(
            token,
            key.get_secret_value(),
            algorithms=[_ALGORITHM],
            audience=audience,
            options={"require": ["iss", "aud", "org", "iat", "exp"], "verify_exp": False},
        )
        caller = ServiceCaller(str(claims["iss"]), UUID(claims["org"]))
    except (jwt.InvalidTokenError, ValueError) as error:
        raise UnauthorizedError("The service token is not valid.") from error
    if now.timestamp() >= claims["exp"]:
        raise UnauthorizedError("The service token has expired.")
    return caller
