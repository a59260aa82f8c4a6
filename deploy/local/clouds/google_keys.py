"""Keys of service accounts, in the forms in which Google gives them away."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def pem_of(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_document(email: str, key: RSAPrivateKey, **changes: object) -> dict[str, Any]:
    """Return what a key file of an account holds, with some of it changed."""
    return {
        "type": "service_account",
        "project_id": "acme-project",
        "private_key_id": "0123456789abcdef",
        "private_key": pem_of(key),
        "client_email": email,
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
        **changes,
    }
