"""JWKs: public keys as RFC 7517 writes them, named by their thumbprints."""

import json
from collections.abc import Mapping
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.utils import base64url_decode, base64url_encode


def thumbprint(members: Mapping[str, str]) -> str:
    """Return the thumbprint of a key (RFC 7638), of which `members` are those that it needs."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return base64url_encode(sha256(canonical).digest()).decode()


def ed25519_members(public_key: bytes) -> dict[str, str]:
    """Return the members that an Ed25519 key of 32 bytes needs (RFC 8037, 2)."""
    return {"crv": "Ed25519", "kty": "OKP", "x": base64url_encode(public_key).decode()}


def read_ed25519(jwk: Mapping[str, object]) -> Ed25519PublicKey:
    """Return the key of a JWK, or raise ValueError: it is of another kind, or named otherwise."""
    public_key = base64url_decode(str(jwk.get("x")).encode(errors="replace"))
    members = ed25519_members(public_key)
    if any(jwk.get(name) != value for name, value in members.items()):
        raise ValueError("It is no Ed25519 key.")
    if jwk.get("kid") != thumbprint(members):
        raise ValueError("Its name is not its thumbprint.")
    return Ed25519PublicKey.from_public_bytes(public_key)
