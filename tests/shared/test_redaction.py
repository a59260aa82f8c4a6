"""Redaction: what is secret is cut, what is not stays readable."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.redaction import cut_secrets, cut_value
from shared.tokens import mint_api_key, mint_browser_token, mint_service_token
from tests.conftest import NOW, SERVICE_KEY

ORG_ID = UUID(int=42)
API_KEY = mint_api_key(ORG_ID, ORG_ID).get_secret_value()
LINK = mint_browser_token(ORG_ID, ORG_ID).get_secret_value()
JWT = mint_service_token(SERVICE_KEY, issuer="a", audience="b", org_id=ORG_ID, now=NOW)
VISIBLE = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'<>"), min_size=1
)
URL = (
    "https://images.s3.eu-west-1.amazonaws.com/a%20b.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=ASIACANARYCANARY1234%2F20261121%2Feu-west-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
    "&X-Amz-Security-Token=canaryIQoJb3JpZ2luX2Vj%2F%2F&X-Amz-Signature=canary0011"
)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            URL,
            (
                "https://images.s3.eu-west-1.amazonaws.com/a%20b.jpg"
                "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=[cut]"
                "&X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
                "&X-Amz-Security-Token=[cut]&X-Amz-Signature=[cut]"
            ),
        ),
        ("x-amz-signature=canary;", "x-amz-signature=[cut];"),
        (
            "https://a.blob.core/c?se=1&sig=canary%3D&sp=r",
            "https://a.blob.core/c?se=1&sig=[cut]&sp=r",
        ),
        (
            "AWS4-HMAC Credential=canary/eu, Signature=canary",
            "AWS4-HMAC Credential=[cut], Signature=[cut]",
        ),
        ('"{\\"password\\": \\"can, ary\\"}"', '"{\\"password\\": \\"[cut]\\"}"'),
        ("password='can ary', user='x'", "password='[cut]', user='x'"),
        ("password='canary", "password=[cut]"),
        ("X-Amz-Security-Token: canary", "X-Amz-Security-Token: [cut]"),
        ("Authorization: Bearer canary.x-y_z=", "Authorization: [cut]"),
        ("'authorization': 'Basic canary'", "'authorization': '[cut]'"),
        (f"GET /v1/browser-checks/{LINK}/", "GET /v1/browser-checks/[cut]/"),
        ("sent bearer canary", "sent bearer [cut]"),
        ("postgresql://app:canary@db:5432/m", "postgresql://app:[cut]@db:5432/m"),
        ("postgresql://app:can@ary/c@db:5432/m", "postgresql://app:[cut]@db:5432/m"),
        ("postgresql://:canary@db/m", "postgresql://:[cut]@db/m"),
        ("host=db password=canary user=app", "host=db password=[cut] user=app"),
        ("{'secret_access_key': 'canary/+x', 'a': 1}", "{'secret_access_key': '[cut]', 'a': 1}"),
        ('{"session_token": "canary"}', '{"session_token": "[cut]"}'),
        ("SessionToken=canary", "SessionToken=[cut]"),
        ("key AKIACANARYCANARY1234 is used", "key [cut] is used"),
        ("signed with whsec_Canary/Canary+0=.", "signed with [cut]."),
        ("MOORING_WEBHOOK_KEY=canary", "MOORING_WEBHOOK_KEY=[cut]"),
        ("ASIACANARYCANARY1234", "[cut]"),
        ("with GOOG1CANARYCANARY it", "with [cut] it"),
        ("asked with ya29.c.Canary-Canary_0", "asked with [cut]"),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----, b",
            "a [cut], b",
        ),
        ("-----BEGIN PRIVATE KEY-----\\nCANARY and no en", "[cut]"),
        ("-----BEGIN PUBLIC KEY----- is shown", "-----BEGIN PUBLIC KEY----- is shown"),
        ("design=1&config=2&signature of", "design=1&config=2&signature of"),
        ("a token was refused: it is old", "a token was refused: it is old"),
        ("http://127.0.0.1:8001/v1/x", "http://127.0.0.1:8001/v1/x"),
        ("mail to a@b.example", "mail to a@b.example"),
        ("", ""),
    ],
)
def test_secrets_are_cut_and_the_rest_stays(text: str, cut: str) -> None:
    assert cut_secrets(text) == cut


def test_our_own_tokens_are_cut_wherever_they_stand() -> None:
    for token, secret in ((API_KEY, API_KEY[-43:]), (JWT, JWT.rpartition(".")[2])):
        for text in (token, f"'{token}'", f"got {token}.", f'{{"k": "{token}"}}', f"x={token}&y"):
            assert token not in cut_secrets(text)
            assert secret not in cut_secrets(text)


@given(st.text())
def test_cutting_twice_changes_nothing_more(text: str) -> None:
    once = cut_secrets(text)
    assert cut_secrets(once) == once


@given(VISIBLE)
def test_no_password_in_a_url_stays(password: str) -> None:
    canary = f"canary{password}canary"
    assert "canary" not in cut_secrets(f"postgresql://app:{canary}@db:5432/mooring")


def test_long_lines_are_cut_in_no_time() -> None:
    key = "-----BEGIN PRIVATE KEY-----"
    for piece in ("://a:", "Bearer ", "token=", "eyJ", "mrg_", "AKIA", "@", "=", key):
        cut_secrets(piece * 20_000)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("count", 3, 3),
        ("fine", True, True),
        ("nothing", None, None),
        ("location_id", ORG_ID, str(ORG_ID)),
        ("at", NOW, "2026-11-21 12:00:00+00:00"),
        ("secret", SecretStr("canary"), "[cut]"),
        ("wrapped", SecretStr("canary"), "SecretStr('**********')"),
        ("session_token", "canary", "[cut]"),
        ("AWS_SECRET_ACCESS_KEY", "canary", "[cut]"),
        ("service_key", b"canary", "[cut]"),
        ("passwords_tried", 2, 2),
        ("key", "photos/token=1.jpg", "photos/token=[cut]"),
        ("key", "photos/a.jpg", "photos/a.jpg"),
        ("error", ValueError("password=canary"), "ValueError('password=[cut]')"),
        ("deep", {"a": [{"token": "canary"}]}, {"a": [{"token": "[cut]"}]}),
        ("pair", ("a", "Bearer canary"), ["a", "Bearer [cut]"]),
    ],
)
def test_a_value_is_shown_as_json_can_without_its_secrets(
    name: str, value: object, shown: object
) -> None:
    assert cut_value(name, value) == shown
    assert json.loads(json.dumps(cut_value(name, value))) == shown
