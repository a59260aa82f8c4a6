"""Tokens: API keys, links to browser checks, and the JWTs of the services' calls to each other."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import jwt
from pydantic import BaseModel, Field, SecretStr, StrictInt

from shared.errors import UnauthorizedError

SERVICE_TOKEN_LIFE = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=5)  # by which the clocks of two machines may differ
_BROWSER_TOKEN = re.compile(r"mbc_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
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
class BrowserToken:
    """The parts of the token in a browser check's link; the secret decides, as in an API key."""

    org_id: UUID
    check_id: UUID
    secret_hash: bytes


def mint_browser_token(org_id: UUID, check_id: UUID) -> SecretStr:
    """Make the token of a new browser check, with 256 random bits."""
    return SecretStr(f"mbc_{org_id.hex}_{check_id.hex}_{secrets.token_urlsafe(32)}")


def parse_browser_token(text: str) -> BrowserToken | None:
    """Take the token of a browser check apart; None when the text is not one."""
    match = _BROWSER_TOKEN.fullmatch(text)
    if match is None:
        return None
    secret_hash = hashlib.sha256(match[3].encode()).digest()
    return BrowserToken(UUID(match[1]), UUID(match[2]), secret_hash)


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


class _Claims(BaseModel):
    """What a service token must say, besides its audience."""

    iss: Annotated[str, Field(min_length=1)]
    org: UUID
    iat: StrictInt
    exp: StrictInt


def read_service_token(
    key: SecretStr, token: str, *, audience: str, now: datetime
) -> ServiceCaller:
    """Return the caller, or raise UnauthorizedError, which does not say why.

    The times are judged by `now` and not by the machine's clock, as PyJWT would.
    """
    try:
        signed = jwt.decode(
            token,
            key.get_secret_value(),
            algorithms=[_ALGORITHM],
            audience=audience,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        claims = _Claims.model_validate(signed)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise UnauthorizedError("The service token is not valid.") from error
    moment = now.timestamp()
    earliest = claims.iat - CLOCK_SKEW.total_seconds()
    latest = min(claims.exp, claims.iat + SERVICE_TOKEN_LIFE.total_seconds())
    if not earliest <= moment < latest:
        raise UnauthorizedError("The service token is not valid.")
    return ServiceCaller(claims.iss, claims.org)
