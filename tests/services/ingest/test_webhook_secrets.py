"""Webhook secrets: what the reference library verifies, and nobody else can make."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, SecretStr
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from services.ingest.webhook_jobs import body_of
from services.ingest.webhook_secrets import OLD_SECRET_FOR, WebhookSecrets
from shared.clock import SystemClock
from shared.database.outbox_events import OutboxEvent
from shared.database.webhooks import Webhook

SECRETS = WebhookSecrets(SecretStr("the operator's key of 32 characters"))
EVENT_ID = UUID(int=9)
SECOND = timedelta(seconds=1)


def endpoint(**more: object) -> Webhook:
    values = {"org_id": UUID(int=1), "webhook_id": UUID(int=2), "secret_version": 1}
    return Webhook(**(values | {"rotated_at": None} | more))


def accepts(secret: SecretStr, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Receiver(secret.get_secret_value()).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def event(payload: dict[str, JsonValue]) -> OutboxEvent:
    return OutboxEvent(
        org_id=UUID(int=1),
        event_id=EVENT_ID,
        type="import.completed",
        subject={"import_id": str(UUID(int=5))},
        payload=payload,
        occurred_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    )


def test_a_secret_is_derived_as_rfc_5869_says() -> None:
    """A change here would make all signatures invalid that receivers expect."""
    key = b"the operator's key of 32 characters"
    info = f"mooring webhook {UUID(int=1)} {UUID(int=2)} 1".encode()
    extracted = hmac.digest(bytes(32), key, "sha256")
    expanded = hmac.digest(extracted, info + b"\x01", "sha256")
    assert SECRETS.of(endpoint()).get_secret_value() == f"whsec_{b64encode(expanded).decode()}"


def test_each_webhook_version_organization_and_key_has_a_secret_of_its_own() -> None:
    others = WebhookSecrets(SecretStr("another key of at least 32 characters"))
    secrets = {
        SECRETS.of(endpoint()).get_secret_value(),
        SECRETS.of(endpoint(webhook_id=UUID(int=3))).get_secret_value(),
        SECRETS.of(endpoint(org_id=UUID(int=3))).get_secret_value(),
        SECRETS.of(endpoint(secret_version=2)).get_secret_value(),
        others.of(endpoint()).get_secret_value(),
    }
    assert len(secrets) == 5


@given(
    payload=st.dictionaries(
        st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists), max_size=5
    )
)
def test_the_reference_library_accepts_what_is_signed_and_reads_it(
    payload: dict[str, JsonValue],
) -> None:
    body = body_of(event(payload))
    headers = SECRETS.sign(endpoint(), EVENT_ID, body, SystemClock().now())
    secret = SECRETS.of(endpoint()).get_secret_value()
    assert Receiver(secret).verify(body, headers) == {
        "type": "import.completed",
        "timestamp": "2026-11-21T12:00:00+00:00",
        "data": payload | {"import_id": str(UUID(int=5))},
    }


def test_the_headers_are_those_of_the_specification() -> None:
    headers = SECRETS.sign(endpoint(), EVENT_ID, b"{}", datetime.fromtimestamp(1.9, UTC))
    assert headers == {
        "webhook-id": "00000000-0000-0000-0000-000000000009",
        "webhook-timestamp": "1",
        "webhook-signature": headers["webhook-signature"],
    }
    assert headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_a_message_that_was_altered_is_not_accepted(header: str) -> None:
    headers = SECRETS.sign(endpoint(), EVENT_ID, b"{}", SystemClock().now())
    secret = SECRETS.of(endpoint())
    assert accepts(secret, b"{}", headers)
    assert not accepts(secret, b"{ }", headers)
    assert not accepts(secret, b"{}", headers | {header: str(int(headers[header][-1]) + 1)})


@pytest.mark.parametrize(
    ("since_rotation", "accepted"),
    [
        (timedelta(), [True, True, False]),
        (OLD_SECRET_FOR - SECOND, [True, True, False]),
        (OLD_SECRET_FOR, [True, False, False]),
    ],
)
def test_after_a_rotation_the_secret_before_is_good_for_a_day(
    since_rotation: timedelta, accepted: list[bool]
) -> None:
    now = SystemClock().now()
    rotated = endpoint(secret_version=3, rotated_at=now - since_rotation)
    headers = SECRETS.sign(rotated, EVENT_ID, b"{}", now)
    assert len(headers["webhook-signature"].split(" ")) == accepted.count(True)
    secrets = [SECRETS.of(endpoint(secret_version=version)) for version in (3, 2, 1)]
    assert [accepts(secret, b"{}", headers) for secret in secrets] == accepted


def test_a_secret_is_not_shown_by_accident() -> None:
    shown = repr(SECRETS) + repr(SECRETS.of(endpoint()))
    assert "whsec_" not in shown
    assert "operator" not in shown
