"""Leases on the wire: the same value comes out, and no text shows a secret."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from shared.leases import (
    BearerToken,
    Bucket,
    DelegationKey,
    Grant,
    Lease,
    LeaseBody,
    LeaseRequestBody,
    Operation,
    RemoteSigning,
    SasToken,
    SessionKeys,
    SigningKeys,
)
from shared.uris import Provider

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CANARY = "canary-secret"
SESSION = SessionKeys("ASIAEXAMPLE", SecretStr(CANARY), SecretStr(CANARY))
SIGNING = SigningKeys("ASIAEXAMPLE", SecretStr(CANARY), {NOON.date(): CANARY.encode()})

LEASE = Lease(
    org_id=UUID(int=1),
    location_id=UUID(int=2),
    operation=Operation.LIST,
    bucket=Bucket(Provider.S3, "images", "eu-west-1"),
    prefix="customers/a b/",
    grant=SESSION,
    issued_at=NOON,
    expires_at=NOON + timedelta(hours=1),
    renew_at=NOON + timedelta(minutes=30),
)

SECRETS = st.text(st.characters(codec="utf-8"), min_size=1).map(SecretStr)
TOKENS = st.none() | SECRETS
TIMES = st.datetimes(timezones=st.just(UTC))
GRANTS = (
    st.builds(SessionKeys, st.text(), SECRETS, TOKENS)
    | st.builds(BearerToken, SECRETS)
    | st.builds(SasToken, SECRETS)
    | st.builds(
        SigningKeys,
        st.text(),
        TOKENS,
        st.dictionaries(st.dates(), st.binary(max_size=40), max_size=3),
    )
    | st.builds(DelegationKey, st.text(), st.text(), TIMES, TIMES, st.text(), st.text(), SECRETS)
    | st.builds(RemoteSigning)
)


@given(
    grant=GRANTS,
    prefix=st.text(),
    endpoint=st.none() | st.just("https://s3.example.com:8443"),
    path_style=st.booleans(),
)
def test_a_lease_survives_the_wire(
    grant: Grant, prefix: str, endpoint: str | None, *, path_style: bool
) -> None:
    bucket = Bucket(Provider.S3, "images", "eu-west-1", endpoint, path_style)
    lease = replace(LEASE, grant=grant, prefix=prefix, bucket=bucket)
    wire = LeaseBody.of(lease).model_dump_json()
    assert LeaseBody.model_validate_json(wire).lease() == lease


@pytest.mark.parametrize(
    "grant",
    [
        SESSION,
        SIGNING,
        BearerToken(SecretStr(CANARY)),
        SasToken(SecretStr(CANARY)),
        DelegationKey("o", "t", NOON, NOON, "b", "2025-11-05", SecretStr(CANARY)),
    ],
)
def test_no_text_of_a_lease_shows_a_secret(grant: Grant) -> None:
    lease = replace(LEASE, grant=grant)
    body = LeaseBody.of(lease)
    for thing in (grant, lease, body, body.grant, [body], {"body": body}):
        for text in (repr(thing), str(thing), f"{thing}"):
            assert CANARY not in text
            assert "Y2FuYXJ5" not in text  # in base64


def test_a_body_that_is_not_valid_does_not_show_what_it_holds() -> None:
    wire = LeaseBody.of(LEASE).model_dump_json()
    for broken in (
        wire.replace('"access_key_id":', '"another":'),
        wire.replace('"session_token":"', '"session_token":["canary-secret"],"x":"'),
        wire.replace('"org_id":"', '"org_id":"canary-secret'),
        wire[:-1],
    ):
        with pytest.raises(ValidationError) as refusal:
            LeaseBody.model_validate_json(broken)
        assert CANARY not in str(refusal.value)


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "write"},
        {"expires_at": "2026-11-21T12:00:00"},
        {"kind": "other"},
        {"bucket": {"provider": "ftp", "name": "a", "region": "b", "endpoint": None}},
    ],
)
def test_what_is_no_lease_is_refused(change: dict[str, object]) -> None:
    body = LeaseBody.of(LEASE).model_dump(mode="json") | change
    with pytest.raises(ValidationError):
        LeaseBody.model_validate(body)


def test_a_read_lease_holds_no_secret_access_key() -> None:
    body = LeaseBody.of(replace(LEASE, operation=Operation.READ, grant=SIGNING))
    dumped = body.model_dump(mode="json")
    assert set(dumped["grant"]) == {"kind", "access_key_id", "session_token", "keys"}
    assert list(dumped["grant"]["keys"]) == [str(date(2026, 11, 21))]


def test_a_request_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        LeaseRequestBody.model_validate(
            {"location_id": str(UUID(int=2)), "operation": "list", "prefix": ""}
        )
