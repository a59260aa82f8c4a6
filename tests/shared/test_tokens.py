"""Tokens: API keys that cannot be guessed, service tokens that cannot be bent."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.errors import UnauthorizedError
from shared.tokens import (
    ApiKeyToken,
    BrowserToken,
    ServiceCaller,
    mint_api_key,
    mint_browser_token,
    mint_service_token,
    parse_api_key,
    parse_browser_token,
    read_service_token,
)
from tests.conftest import NOW

ORG_ID = UUID("0190b5a0-0000-7000-8000-00000000002a")
KEY = "a-key-that-is-long-enough-for-every-algorithm-of-the-hmac-family-to-take"
SERVICE_KEY = SecretStr(KEY)


# --- API keys ---------------------------------------------------------------------------------


@given(org_id=st.uuids(), api_key_id=st.uuids())
def test_a_new_key_parses_into_its_parts(org_id: UUID, api_key_id: UUID) -> None:
    text = mint_api_key(org_id, api_key_id).get_secret_value()
    digest = hashlib.sha256(text[-43:].encode()).digest()
    assert parse_api_key(text) == ApiKeyToken(org_id, api_key_id, digest)


def test_a_new_key_hides_itself_and_is_never_the_same() -> None:
    first, second = (mint_api_key(ORG_ID, ORG_ID) for _ in range(2))
    assert first.get_secret_value() != second.get_secret_value()
    assert first.get_secret_value()[-43:] not in repr(first)


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert parse_api_key(text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key + "\n",
        lambda key: " " + key,
        lambda key: key[:-1],
        lambda key: key + "a",
        lambda key: key.upper(),
        lambda key: key.replace("mrg_", "mrg-"),
        lambda key: key[:-1] + "\u0661",
        lambda key: key[:4] + "\u0661" + key[5:],
    ],
)
def test_a_key_that_was_changed_is_none(change: object) -> None:
    assert callable(change)
    assert parse_api_key(change(mint_api_key(uuid4(), uuid4()).get_secret_value())) is None


# --- Service tokens ---------------------------------------------------------------------------


def claims(**changes: object) -> dict[str, object]:
    """Return good claims with some changed; those changed to None are left out."""
    good: dict[str, object] = {
        "iss": "ingest",
        "aud": "credentials",
        "org": str(ORG_ID),
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def read(token: str, *, later: timedelta = timedelta()) -> ServiceCaller:
    return read_service_token(SERVICE_KEY, token, audience="credentials", now=NOW + later)


def signed(changed: dict[str, object], *, key: str = KEY, algorithm: str = "HS256") -> str:
    """Sign whatever it is: `jwt.encode` would refuse some of it."""
    return jwt.PyJWS().encode(json.dumps(changed).encode(), key, algorithm=algorithm)


def segment(text: bytes) -> str:
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def test_a_minted_token_is_read_back() -> None:
    token = mint_service_token(
        SERVICE_KEY, issuer="ingest", audience="credentials", org_id=ORG_ID, now=NOW
    )
    assert read(token) == read(signed(claims())) == ServiceCaller("ingest", ORG_ID)


def test_a_token_lives_for_sixty_seconds_of_our_clock() -> None:
    token = mint_service_token(
        SERVICE_KEY, issuer="ingest", audience="credentials", org_id=ORG_ID, now=NOW
    )
    assert read(token, later=timedelta(seconds=59, microseconds=999_999)).service == "ingest"
    with pytest.raises(UnauthorizedError):
        read(token, later=timedelta(seconds=60))


def test_clocks_may_differ_by_a_few_seconds() -> None:
    token = signed(claims())
    assert read(token, later=timedelta(seconds=-5)).service == "ingest"
    with pytest.raises(UnauthorizedError):
        read(token, later=timedelta(seconds=-6))


def test_a_clock_far_from_the_machines_own_reads_its_tokens() -> None:
    for years in (-400, 400):
        now = NOW + timedelta(days=years)
        token = mint_service_token(
            SERVICE_KEY, issuer="ingest", audience="credentials", org_id=ORG_ID, now=now
        )
        assert read(token, later=now - NOW).org_id == ORG_ID


def test_no_token_lives_longer_than_sixty_seconds_whatever_it_says() -> None:
    token = signed(claims(exp=int(NOW.timestamp()) + 3600))
    assert read(token, later=timedelta(seconds=59)).service == "ingest"
    with pytest.raises(UnauthorizedError):
        read(token, later=timedelta(seconds=60))


@pytest.mark.parametrize(
    "changed",
    [
        claims(aud="ingest"),
        claims(aud=["ingest"]),
        claims(aud=None),
        claims(iss=None),
        claims(iss=""),
        claims(iss=["ingest"]),
        claims(org=None),
        claims(org="canary"),
        claims(org=7),
        claims(org=[str(ORG_ID)]),
        claims(iat=None),
        claims(exp=None),
        claims(exp="canary"),
        claims(exp=[]),
        claims(exp=True),
        claims(exp=float("nan")),
        claims(exp=float("inf")),
        claims(iat="canary"),
        claims(iat=float("nan")),
        claims(iat=int(NOW.timestamp()) + 6, exp=int(NOW.timestamp()) + 66),
        claims(iat=0),
        claims(exp=int(NOW.timestamp())),
    ],
)
def test_claims_that_are_wrong_or_missing_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(UnauthorizedError, match="not valid"):
        read(signed(changed))


@pytest.mark.parametrize(
    "token",
    [
        signed(claims(), key="", algorithm="none"),
        signed(claims(), algorithm="HS384"),
        signed(claims(), algorithm="HS512"),
        signed(claims(), key=KEY[::-1]),
        f"{segment(b'{}')}.{segment(b'{}')}.",
        f"{segment(b'[' * 5_000)}.{segment(b'{}')}.{segment(b'x')}",
        "",
        "..",
        "caf\xe9.\xff.\u20ac",
        "\ud800",
    ],
)
def test_a_token_that_is_not_signed_as_ours_are_is_refused(token: str) -> None:
    with pytest.raises(UnauthorizedError, match="not valid"):
        read(token)


def test_a_browser_check_s_token_is_read_as_it_was_made() -> None:
    check_id = uuid4()
    first, second = (mint_browser_token(ORG_ID, check_id) for _ in range(2))
    text = first.get_secret_value()
    digest = hashlib.sha256(text[-43:].encode()).digest()
    assert parse_browser_token(text) == BrowserToken(ORG_ID, check_id, digest)
    assert second.get_secret_value() != text
    assert text[-43:] not in repr(first)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: f"{token}A",
        lambda token: f"{token}\n",
        lambda token: token.replace("mbc_", "mrg_"),
        lambda token: token.upper(),
    ],
)
def test_what_is_no_token_of_a_browser_check_is_not_read(change: Callable[[str], str]) -> None:
    token = mint_browser_token(ORG_ID, uuid4()).get_secret_value()
    assert parse_browser_token(change(token)) is None
    assert parse_api_key(token) is None
