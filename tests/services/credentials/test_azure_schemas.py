"""Bodies of Azure's credentials: what is given becomes an identity, or a 422 that shows none."""

from base64 import b64encode
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from deploy.local.clouds.certificates import make_certificate, make_rsa_key, pem_of
from services.credentials.azure_schemas import (
    NewAccountKeyBody,
    NewSasTokenBody,
    NewServicePrincipalBody,
    NewTenantConsentBody,
    RotateAccountKeyBody,
    RotateSasTokenBody,
    RotateServicePrincipalBody,
)
from services.credentials.identities import StoredIdentity
from services.credentials.issuers.base import AccountKey, CustomerSas, ServicePrincipal
from shared.errors import InvalidInputError

TENANT, CLIENT = UUID(int=1), UUID(int=2)
KEY = b64encode(b"k" * 64).decode()
SAS = "sr=c&sp=rl&se=2026-12-21T12:00:00Z&sig=Y2FuYXJ5"
SUFFIX = "core.windows.net"


def principal(secret: str, **changes: object) -> NewServicePrincipalBody:
    return NewServicePrincipalBody.model_validate(
        {
            "method": "service_principal",
            "name": "Acme",
            "tenant_id": str(TENANT),
            "client_id": str(CLIENT),
            "client_secret": secret,
            **changes,
        }
    )


def account_key(key: str, **changes: object) -> NewAccountKeyBody:
    body = {"method": "account_key", "name": "Acme", "account": "acme", "key": key}
    return NewAccountKeyBody.model_validate({**body, **changes})


def test_a_tenant_is_named_by_its_id() -> None:
    body = {"method": "tenant_consent", "name": "Acme", "tenant_id": str(TENANT)}
    assert NewTenantConsentBody.model_validate(body).tenant_id == TENANT


def test_a_principal_comes_with_a_secret_or_a_certificate() -> None:
    key = make_rsa_key()
    pem = pem_of(key, make_certificate(key))
    found = [principal(secret).identity for secret in ("s3cret", pem)]
    assert found == [
        ServicePrincipal(TENANT, CLIENT, SecretStr(secret), SUFFIX) for secret in ("s3cret", pem)
    ]
    assert [each.has_certificate for each in found] == [False, True]


def test_a_certificate_without_its_rsa_key_is_refused() -> None:
    key, other = make_rsa_key(), make_rsa_key()
    elliptic = ec.generate_private_key(ec.SECP256R1())
    wrong = [
        "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----",
        pem_of(key, make_certificate(key)).partition("-----BEGIN CERT")[0],
        pem_of(other, make_certificate(key)),
        pem_of(elliptic, make_certificate(elliptic)),
    ]
    for pem in wrong:
        with pytest.raises(InvalidInputError) as refused:
            _ = principal(pem).identity
        assert refused.value.members == {"field": "client_secret"}


def test_an_account_key_is_64_bytes_in_base64() -> None:
    assert account_key(KEY).identity == AccountKey("acme", SecretStr(KEY), SUFFIX)
    for wrong in ("short", b64encode(b"k" * 63).decode(), f"{KEY[:-4]}****", f" {KEY}", "ü" * 88):
        with pytest.raises(InvalidInputError) as refused:
            _ = account_key(wrong).identity
        assert refused.value.members == {"field": "key"}
        assert wrong not in refused.value.detail


def test_a_signature_is_kept_as_the_bare_query() -> None:
    body = {"method": "sas_token", "name": "Acme", "account": "acme", "sas": f"?{SAS}"}
    identity = NewSasTokenBody.model_validate(body).identity
    assert identity == CustomerSas("acme", SecretStr(SAS), SUFFIX)


@pytest.mark.parametrize("suffix", ["core.chinacloudapi.cn", "core.usgovcloudapi.net"])
def test_the_known_clouds_are_taken(suffix: str) -> None:
    assert account_key(KEY, endpoint_suffix=suffix).identity.endpoint_suffix == suffix
    assert principal("s", endpoint_suffix=suffix).identity.endpoint_suffix == suffix


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint_suffix": "core.evil.example"},
        {"endpoint_suffix": "core.windows.net/x"},
        {"account": "a.b"},
        {"account": "Acme"},
        {"account": "ac"},
        {"account": "acme\n"},
        {"name": "two\nlines"},
        {"more": 1},
    ],
)
def test_whatever_else_is_refused_without_showing_the_key(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        account_key(KEY, **changes)
    assert KEY not in str(refused.value)


def test_secrets_are_rotated_alone() -> None:
    kinds: list[tuple[type[BaseModel], dict[str, str]]] = [
        (RotateServicePrincipalBody, {"method": "service_principal", "client_secret": "new"}),
        (RotateAccountKeyBody, {"method": "account_key", "key": KEY}),
    ]
    found = [TypeAdapter(kind).validate_python(body).new for kind, body in kinds]  # type: ignore[attr-defined]
    assert found == [
        StoredIdentity("service_principal", secret=SecretStr("new")),
        StoredIdentity("account_key", secret=SecretStr(KEY)),
    ]
    sas = RotateSasTokenBody.model_validate({"method": "sas_token", "sas": SAS})
    assert sas.new_for("acme") == StoredIdentity("sas_token", secret=SecretStr(SAS))


def test_a_rotated_signature_is_of_the_credential_s_account() -> None:
    url = f"https://other.blob.core.windows.net/photos?{SAS}"
    body = RotateSasTokenBody.model_validate({"method": "sas_token", "sas": url})
    with pytest.raises(InvalidInputError, match="another account"):
        body.new_for("acme")


def test_secrets_show_in_no_representation() -> None:
    shown = f"{principal('canary')!r}{account_key(KEY)!r}"
    assert "canary" not in shown
    assert KEY not in shown
