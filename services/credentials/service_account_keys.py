"""Service account keys: the JSON that Google gives a customer once, and what is wrong with one."""

import json
import re
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from services.credentials.google_names import is_service_account
from services.credentials.issuers.base import ServiceAccountKey
from shared.errors import InvalidInputError

FIELD = "key"
TYPE = "service_account"
LONGEST_KEY = 10_000  # characters; Google's have about 2,400

TOKEN_URLS = {
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",  # of keys that are some years old
}

_NEEDED = ("type", "client_email", "private_key_id", "private_key", "token_uri")
_KEY_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")
_LEAST_BITS = 1_024  # Google still makes such keys on request


def parse_service_account_key(text: str) -> ServiceAccountKey:
    """Read a key, or raise InvalidInputError (field `key`), whose text holds nothing of it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("it is not JSON") from error
    return read_service_account_key(document)


def read_service_account_key(document: object) -> ServiceAccountKey:
    """Read a key that is JSON already; raise as `parse_service_account_key` does."""
    if not isinstance(document, dict):
        raise _wrong("it is not a JSON object")
    for name in _NEEDED:
        if name not in document:
            raise _wrong(f"it has no `{name}`")
        if not isinstance(document[name], str):
            raise _wrong(f"its `{name}` is not a string")
    return _read(document)


def open_private_key(key: ServiceAccountKey) -> RSAPrivateKey:
    """Return what signs. It was checked when it was taken, which costs a tenth of a second."""
    pem = key.private_key.get_secret_value().encode()
    private = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, RSAPrivateKey)  # noqa: S101 (no other is taken)
    return private


def _read(document: dict[str, Any]) -> ServiceAccountKey:
    if document["type"] != TYPE:
        raise _wrong(f"its `type` is not `{TYPE}`: it is a file of another kind of credentials")
    if document["token_uri"] not in TOKEN_URLS:
        raise _wrong("its `token_uri` is not Google's")
    if not _KEY_ID.fullmatch(document["private_key_id"]):
        raise _wrong("its `private_key_id` is not one")
    if not is_service_account(document["client_email"]):
        raise _wrong("its `client_email` is not a service account's")
    _require_rsa(document["private_key"])
    return ServiceAccountKey(
        document["client_email"], document["private_key_id"], SecretStr(document["private_key"])
    )


def _require_rsa(pem: str) -> None:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it is encrypted
        raise _wrong("its `private_key` is not a private key in PEM") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise _wrong("its `private_key` is not an RSA key")


def _wrong(why: str) -> InvalidInputError:
    return InvalidInputError(f"This is no service account key: {why}.", field=FIELD)
