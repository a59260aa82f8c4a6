"""Our OIDC issuer: tokens with which customers' clouds recognize us, and keys to check them.

A token's subject is the organization's id, so that a customer can let in one organization and none
of the others.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.utils import base64url_encode
from pydantic import SecretStr

from shared.clock import Clock
from shared.errors import CloudIdentityError
from shared.jwks import thumbprint

ALGORITHM = "RS256"  # what every cloud that federates takes
LIFE = timedelta(minutes=10)  # of a token, which is exchanged at once
LEAST_BITS = 2_048  # RFC 7518, 3.3

_PEM = re.compile(rb"-----BEGIN (?P<label>[A-Z ]+)-----.+?-----END (?P=label)-----", re.DOTALL)
_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*")


class OidcKeyError(RuntimeError):
    """Refuse to start: the issuer's address or its keys cannot be used."""


@dataclass(frozen=True, slots=True)
class _Key:
    private: RSAPrivateKey = field(repr=False)
    kid: str
    public: dict[str, str]


class OidcIssuer:
    """Sign tokens with the first key; all keys are published, so that the first can be replaced.

    `url` is where clouds on the internet find `/.well-known/openid-configuration`.
    """

    def __init__(self, url: str, pem: bytes, clock: Clock) -> None:
        """Raise OidcKeyError, whose text holds no key."""
        if not _ISSUER.fullmatch(url):
            raise OidcKeyError("The OIDC issuer is https://host, perhaps with a path.")
        self.url = url
        self._clock = clock
        self._keys = [_read(match[0]) for match in _PEM.finditer(pem)]
        if not self._keys:
            raise OidcKeyError("The file of the OIDC issuer's keys holds no PEM.")

    @classmethod
    def read(cls, url: str, file: Path, clock: Clock) -> Self:
        """Read the keys from a file, or raise OidcKeyError."""
        try:
            return cls(url, file.read_bytes(), clock)
        except OSError as error:
            raise OidcKeyError("The file of the OIDC issuer's keys cannot be read.") from error

    @property
    def keys_url(self) -> str:
        """Return where the public keys are."""
        return f"{self.url}/.well-known/jwks.json"

    def public_keys(self) -> list[dict[str, str]]:
        """Return the public keys as JWKs (RFC 7517)."""
        return [key.public for key in self._keys]

    def mint(self, org_id: UUID, audience: str) -> SecretStr:
        """Return a token for one organization and one audience, which lives for ten minutes."""
        now = self._clock.now()
        claims = {
            "iss": self.url,
            "sub": str(org_id),
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
        }
        key = self._keys[0]
        text = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return SecretStr(text)


def no_issuer() -> CloudIdentityError:
    """Say that federation was asked for and the operator has set up none."""
    return CloudIdentityError(
        "Mooring has no OIDC issuer: the operator must set MOORING_OIDC_ISSUER and "
        "MOORING_OIDC_KEY_FILE."
    )


def _read(pem: bytes) -> _Key:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise OidcKeyError("A key of the OIDC issuer is no private key without a password.") from (
            error
        )
    if not isinstance(private, RSAPrivateKey) or private.key_size < LEAST_BITS:
        raise OidcKeyError(f"A key of the OIDC issuer is not RSA with {LEAST_BITS:,} bits or more.")
    members = _members(private.public_key())
    kid = thumbprint(members)
    return _Key(private, kid, {**members, "kid": kid, "use": "sig", "alg": ALGORITHM})


def _members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}


def _base64url(number: int) -> str:
    return base64url_encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()
