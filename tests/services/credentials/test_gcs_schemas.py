"""Bodies for Cloud Storage: identities out of what was sent, and secrets in no refusal."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pydantic import SecretStr, TypeAdapter, ValidationError

from deploy.local.clouds.google_keys import key_document, pem_of
from services.credentials.gcs_schemas import (
    NewGcsCredentialBody,
    NewHmacKeyBody,
    NewServiceAccountGrantBody,
    NewServiceAccountKeyBody,
    NewWorkloadIdentityBody,
    RotateGcsCredentialBody,
)
from services.credentials.issuers.base import (
    FederatedServiceAccount,
    HmacKey,
    ServiceAccountKey,
)
from services.credentials.service_account_keys import (
    open_private_key,
    parse_service_account_key,
)
from shared.errors import InvalidInputError
from tests.services.credentials.google_cloud import PROVIDER, READER, make_key

NEW: TypeAdapter[NewGcsCredentialBody] = TypeAdapter(NewGcsCredentialBody)
ROTATED: TypeAdapter[RotateGcsCredentialBody] = TypeAdapter(RotateGcsCredentialBody)
CANARY = "canary-of-the-customer"


def document(**changes: object) -> dict[str, Any]:
    return key_document(READER, make_key(), **changes)


def test_a_grant_needs_a_name_only() -> None:
    body = NEW.validate_python({"method": "service_account_grant", "name": "Ours"})
    assert body == NewServiceAccountGrantBody(method="service_account_grant", name="Ours")


def test_a_workload_identity_is_an_account_and_a_provider() -> None:
    given = {
        "method": "workload_identity",
        "service_account": READER,
        "workload_provider": PROVIDER,
    }
    for body in (NEW.validate_python({**given, "name": "Theirs"}), ROTATED.validate_python(given)):
        assert not isinstance(body, NewServiceAccountGrantBody)
        assert body.identity == FederatedServiceAccount(READER, PROVIDER)


@pytest.mark.parametrize("name", ["service_account", "workload_provider"])
def test_a_workload_identity_with_a_wrong_name_says_which(name: str) -> None:
    given = {"service_account": READER, "workload_provider": PROVIDER, name: CANARY}
    body = NewWorkloadIdentityBody.model_validate(
        {**given, "method": "workload_identity", "name": "Theirs"}
    )
    with pytest.raises(InvalidInputError) as refused:
        _ = body.identity
    assert refused.value.members == {"field": name}
    assert CANARY not in refused.value.detail


@pytest.mark.parametrize("send", [json.dumps, dict])
def test_a_key_is_taken_as_text_and_as_json(send: Any) -> None:
    given = {"method": "service_account_key", "key": send(document())}
    expected = ServiceAccountKey(READER, "0123456789abcdef", SecretStr(pem_of(make_key())))
    for body in (NEW.validate_python({**given, "name": "Key"}), ROTATED.validate_python(given)):
        assert not isinstance(body, NewServiceAccountGrantBody)
        assert body.identity == expected
        assert "PRIVATE KEY" not in repr(body)


def test_what_signs_comes_out_of_a_key() -> None:
    key = parse_service_account_key(json.dumps(document()))
    assert open_private_key(key).private_numbers() == make_key().private_numbers()


def encrypted_pem() -> str:
    encryption = BestAvailableEncryption(b"password")
    return make_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def elliptic_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def without(name: str) -> str:
    return json.dumps({key: value for key, value in document().items() if key != name})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (lambda: f"{CANARY}", "it is not JSON"),
        (lambda: "", "it is not JSON"),
        (lambda: "[" * 9_000, "it is not JSON"),
        (lambda: f'["{CANARY}"]', "it is not a JSON object"),
        (lambda: without("type"), "it has no `type`"),
        (lambda: without("client_email"), "it has no `client_email`"),
        (lambda: without("private_key_id"), "it has no `private_key_id`"),
        (lambda: without("private_key"), "it has no `private_key`"),
        (lambda: without("token_uri"), "it has no `token_uri`"),
        (lambda: json.dumps(document(private_key=7)), "its `private_key` is not a string"),
        (
            lambda: json.dumps(document(type="authorized_user")),
            "its `type` is not `service_account`: it is a file of another kind of credentials",
        ),
        (
            lambda: json.dumps(document(token_uri=f"https://{CANARY}.example/token")),
            "its `token_uri` is not Google's",
        ),
        (
            lambda: json.dumps(document(private_key_id=f"{CANARY}\n")),
            "its `private_key_id` is not one",
        ),
        (
            lambda: json.dumps(document(client_email=f"{CANARY}@example.com")),
            "its `client_email` is not a service account's",
        ),
        (
            lambda: json.dumps(document(private_key=CANARY)),
            "its `private_key` is not a private key in PEM",
        ),
        (
            lambda: json.dumps(document(private_key=encrypted_pem())),
            "its `private_key` is not a private key in PEM",
        ),
        (
            lambda: json.dumps(document(private_key=elliptic_pem())),
            "its `private_key` is not an RSA key",
        ),
    ],
)
def test_a_file_that_is_no_key_says_what_is_wrong_and_shows_nothing_of_it(
    text: Any, why: str
) -> None:
    body = NewServiceAccountKeyBody(method="service_account_key", name="Key", key=text())
    with pytest.raises(InvalidInputError) as refused:
        _ = body.identity
    assert refused.value.detail == f"This is no service account key: {why}."
    assert refused.value.members == {"field": "key"}
    assert CANARY not in repr(refused.value)


def test_an_hmac_key_is_an_access_id_and_a_secret() -> None:
    given = {"method": "hmac_key", "access_id": "GOOG1EABC", "secret": CANARY}
    for body in (NEW.validate_python({**given, "name": "HMAC"}), ROTATED.validate_python(given)):
        assert not isinstance(body, NewServiceAccountGrantBody)
        assert body.identity == HmacKey("GOOG1EABC", SecretStr(CANARY))
        assert CANARY not in repr(body)


@pytest.mark.parametrize("access_id", ["", "AKIA0", "GOOG", "GOOG1E\n", "goog1eabc"])
def test_an_access_id_that_is_none_is_refused_without_the_secret(access_id: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NewHmacKeyBody.model_validate(
            {"method": "hmac_key", "name": "HMAC", "access_id": access_id, "secret": CANARY}
        )
    assert CANARY not in str(refused.value)
