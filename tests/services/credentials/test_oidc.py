"""Our OIDC issuer: tokens that anybody can check with what is published, and keys that change."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from deploy.local.clouds.google_keys import pem_of
from services.credentials.oidc import OidcIssuer, OidcKeyError
from shared.clock import FrozenClock, SystemClock
from shared.jwks import thumbprint
from tests.conftest import NOW
from tests.services.credentials.google_cloud import make_key

URL = "https://vault.example/mooring"
ORG_ID = UUID(int=7)
AUDIENCE = "https://iam.googleapis.com/projects/1/locations/global"


def pem() -> bytes:
    return pem_of(make_key()).encode()


def test_a_token_says_who_for_whom_and_for_how_long() -> None:
    issuer = OidcIssuer(URL, pem(), FrozenClock(NOW))
    text = issuer.mint(ORG_ID, AUDIENCE).get_secret_value()
    (key,) = issuer.public_keys()
    assert jwt.get_unverified_header(text) == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    assert jwt.decode(text, options={"verify_signature": False}) == {
        "iss": URL,
        "sub": str(ORG_ID),
        "aud": AUDIENCE,
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=10)).timestamp()),
    }


def test_a_token_can_be_checked_with_the_published_keys() -> None:
    issuer = OidcIssuer(URL, pem(), SystemClock())
    text = issuer.mint(ORG_ID, AUDIENCE).get_secret_value()
    (published,) = issuer.public_keys()
    key = jwt.PyJWK(published)
    claims = jwt.decode(text, key, algorithms=["RS256"], audience=AUDIENCE, issuer=URL)
    assert claims["sub"] == str(ORG_ID)


def test_what_is_published_is_public() -> None:
    (published,) = OidcIssuer(URL, pem(), SystemClock()).public_keys()
    assert set(published) == {"alg", "e", "kid", "kty", "n", "use"}


def test_the_key_id_is_the_thumbprint_of_rfc_7638() -> None:
    """With the key of its section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    members = {"kty": "RSA", "n": modulus, "e": "AQAB"}
    assert thumbprint(members) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_new_key_is_published_before_it_signs() -> None:
    fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    both = pem() + b"\n" + pem_of(fresh).encode()
    issuer = OidcIssuer(URL, both, SystemClock())
    kids = [key["kid"] for key in issuer.public_keys()]
    signed_with = jwt.get_unverified_header(issuer.mint(ORG_ID, AUDIENCE).get_secret_value())["kid"]
    assert len(set(kids)) == 2
    assert signed_with == kids[0] == OidcIssuer(URL, pem(), SystemClock()).public_keys()[0]["kid"]


def private_pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b""
) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: b"", "holds no PEM"),
        (
            lambda: b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
            "no private",
        ),
        (lambda: private_pem(make_key(), b"secret"), "no private key without a password"),
        (lambda: private_pem(ec.generate_private_key(ec.SECP256R1())), "is not RSA"),
        (
            lambda: private_pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 (too short)
            "is not RSA with 2,048 bits or more",
        ),
        (
            lambda: (
                make_key()
                .public_key()
                .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            ),
            "no private key",
        ),
    ],
)
def test_the_vault_does_not_start_with_a_key_that_is_none(make: object, why: str) -> None:
    assert callable(make)
    with pytest.raises(OidcKeyError, match=why):
        OidcIssuer(URL, make(), SystemClock())


@pytest.mark.parametrize(
    "url", ["http://vault.example", "https://vault.example/", "https://", "https://a b", ""]
)
def test_the_vault_does_not_start_with_an_address_that_clouds_do_not_take(url: str) -> None:
    with pytest.raises(OidcKeyError, match="https://host"):
        OidcIssuer(url, pem(), SystemClock())


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "oidc.pem"
    with pytest.raises(OidcKeyError, match="cannot be read"):
        OidcIssuer.read(URL, file, SystemClock())
    file.write_bytes(pem())
    assert OidcIssuer.read(URL, file, SystemClock()).url == URL


def test_no_key_is_in_what_is_shown_of_the_issuer() -> None:
    issuer = OidcIssuer(URL, pem(), SystemClock())
    assert "RSAPrivateKey" not in repr(issuer.__dict__)
