"""Grants: a lister gets the session's keys, a reader keys that sign for its days only."""

from datetime import UTC, date, datetime, timedelta

from pydantic import SecretStr

from services.credentials.grants import grant_of
from services.credentials.issuers.base import Session
from shared.leases import Operation, SessionKeys, SigningKeys
from shared.storage.signing.s3 import derive_signing_key

KEYS = SessionKeys("ASIA", SecretStr("the secret"), SecretStr("the token"))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_lister_gets_the_keys_of_the_session() -> None:
    session = Session(KEYS, NOON, NOON + timedelta(hours=1))
    assert grant_of(session, Operation.LIST, "eu-central-1") is KEYS


def test_a_reader_gets_a_key_for_each_day_from_the_one_before_to_the_last() -> None:
    session = Session(KEYS, NOON, NOON + timedelta(hours=12))
    days = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert grant_of(session, Operation.READ, "eu-central-1") == SigningKeys(
        "ASIA",
        SecretStr("the token"),
        {day: derive_signing_key("the secret", day, "eu-central-1") for day in days},
    )


def test_a_reader_never_gets_the_secret() -> None:
    grant = grant_of(Session(KEYS, NOON, NOON + timedelta(days=3)), Operation.READ, "us-east-1")
    assert isinstance(grant, SigningKeys)
    assert b"the secret" not in b"".join(grant.keys.values())
    assert "secret" not in repr(grant)
    assert len(grant.keys) == 5
