"""Public keys as JWKs, held against the examples of the standards."""

from typing import Any

import pytest

from shared.jwks import ed25519_members, read_ed25519, thumbprint

# RFC 8037, A.2 and A.3.
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
JWK = {"kty": "OKP", "crv": "Ed25519", "x": X, "kid": KID}


def test_a_key_has_the_members_and_the_thumbprint_of_rfc_8037() -> None:
    members = ed25519_members(read_ed25519(JWK).public_bytes_raw())
    assert members == {"kty": "OKP", "crv": "Ed25519", "x": X}
    assert thumbprint(members) == KID


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"crv": "X25519"},
        {"x": None},
        {"x": ""},
        {"x": X[:-1]},
        {"x": f"{X[:-1]}p"},  # the same 32 bytes, in another way of writing them
        {"x": f"{X}="},
        {"x": "é"},
        {"kid": "another"},
        {"kid": None},
    ],
)
def test_what_is_no_ed25519_key_by_its_own_name_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no Ed25519 key|not its thumbprint|Incorrect padding"):
        read_ed25519({**JWK, **changes})
