"""Tokens of Entra: each from its own tenant, and a refusal says who must act."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from deploy.local.clouds.certificates import make_certificate, make_rsa_key, pem_of
from deploy.local.clouds.entra import Application, Entra, ServedEntra, serving_entra
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import ConsentedTenant, ServicePrincipal
from services.credentials.issuers.entra import EntraTokens
from services.credentials.issuers.entra_refusals import EntraRefusedError, entra_error
from shared.errors import CloudIdentityError, StorageThrottledError, StorageUnavailableError
from tests.conftest import NOW

SUFFIX = "core.windows.net"
OUR_SECRET = "ours-4c1d"
THEIR_SECRET = "theirs-9a7b"


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedEntra]:
    async with serving_entra(tmp_path_factory.mktemp("entra"), lambda: NOW) as started:
        yield started


@pytest.fixture
def entra(served: ServedEntra) -> Entra:
    served.entra.fails_with = None
    return served.entra


@pytest.fixture
def ours(entra: Entra) -> AzureApplication:
    made = entra.register(Application(secret=OUR_SECRET))
    return AzureApplication(made.client_id, SecretStr(OUR_SECRET), "https://vault.example")


def tokens_of(served: ServedEntra, ours: AzureApplication | None) -> EntraTokens:
    return EntraTokens(ours, AzureAddress(served.entra.authority, ca_file=served.ca_file))


def theirs(entra: Entra, secret: str = THEIR_SECRET) -> ServicePrincipal:
    application = entra.register(Application(secret=THEIR_SECRET))
    tenant = entra.add_tenant()
    entra.add_principal(tenant, application.client_id)
    return ServicePrincipal(tenant, application.client_id, SecretStr(secret), SUFFIX)


def claims_of(token: SecretStr) -> tuple[str, str]:
    read = jwt.decode(token.get_secret_value(), options={"verify_signature": False})
    return read["tid"], read["appid"]


async def refused(tokens: EntraTokens, identity: ConsentedTenant | ServicePrincipal) -> str:
    with pytest.raises(EntraRefusedError) as caught:
        await tokens.get(identity)
    return f"{caught.value.members['aadsts']} {caught.value.detail}"


async def test_our_application_gets_a_token_of_the_tenant_that_consented(
    served: ServedEntra, ours: AzureApplication
) -> None:
    tenant = served.entra.add_tenant()
    served.entra.add_principal(tenant, ours.client_id)
    token = await tokens_of(served, ours).get(ConsentedTenant(tenant, SUFFIX))
    assert claims_of(token) == (str(tenant), str(ours.client_id))


async def test_a_service_principal_gets_a_token_by_its_secret(
    served: ServedEntra, entra: Entra
) -> None:
    principal = theirs(entra)
    token = await tokens_of(served, None).get(principal)
    assert claims_of(token) == (str(principal.tenant_id), str(principal.client_id))


async def test_a_service_principal_gets_a_token_by_its_certificate(
    served: ServedEntra, entra: Entra
) -> None:
    key = make_rsa_key()
    certificate = make_certificate(key)
    application = entra.register(Application(certificate=certificate))
    tenant = entra.add_tenant()
    entra.add_principal(tenant, application.client_id)
    pem = SecretStr(pem_of(key, certificate))
    principal = ServicePrincipal(tenant, application.client_id, pem, SUFFIX)
    token = await tokens_of(served, None).get(principal)
    assert claims_of(token) == (str(tenant), str(application.client_id))


async def test_nobody_gets_a_token_of_a_client_whose_secret_they_do_not_have(
    served: ServedEntra, entra: Entra
) -> None:
    """A cache by tenant and client would hand out the other organization's token."""
    principal, tokens = theirs(entra), tokens_of(served, None)
    await tokens.get(principal)
    guess = replace(principal, secret=SecretStr("a guess"))
    assert await refused(tokens, guess) == (
        "7000215 Entra does not accept the secret of the service principal."
    )


async def test_a_consent_that_was_removed_is_noticed_at_once(
    served: ServedEntra, ours: AzureApplication
) -> None:
    tenant = served.entra.add_tenant()
    served.entra.add_principal(tenant, ours.client_id)
    tokens = tokens_of(served, ours)
    await tokens.get(ConsentedTenant(tenant, SUFFIX))
    served.entra.principals.clear()
    assert await refused(tokens, ConsentedTenant(tenant, SUFFIX)) == (
        "700016 The tenant does not know Mooring's application: its consent is missing or was"
        " removed."
    )


async def test_a_tenant_that_does_not_exist_is_named_as_such(
    served: ServedEntra, ours: AzureApplication
) -> None:
    tokens = tokens_of(served, ours)
    expected = "90002 Entra knows no such tenant."
    assert await refused(tokens, ConsentedTenant(uuid4(), SUFFIX)) == expected


async def test_our_own_secret_that_entra_refuses_is_the_operators_matter(
    served: ServedEntra, ours: AzureApplication
) -> None:
    tenant = served.entra.add_tenant()
    served.entra.add_principal(tenant, ours.client_id)
    wrong = replace(ours, secret=SecretStr("an old one"))
    with pytest.raises(CloudIdentityError, match="the operator must renew it"):
        await tokens_of(served, wrong).get(ConsentedTenant(tenant, SUFFIX))


async def test_without_an_application_of_ours_no_tenant_can_be_used(served: ServedEntra) -> None:
    with pytest.raises(CloudIdentityError, match="MOORING_AZURE_CLIENT_ID"):
        await tokens_of(served, None).get(ConsentedTenant(uuid4(), SUFFIX))


@pytest.mark.parametrize("pem", ["-----BEGIN nothing", "elliptic"])
async def test_a_certificate_that_cannot_be_used_is_refused_without_asking(
    served: ServedEntra, pem: str
) -> None:
    if pem == "elliptic":
        key = ec.generate_private_key(ec.SECP256R1())
        pem = pem_of(key, make_certificate(key))
    principal = ServicePrincipal(uuid4(), uuid4(), SecretStr(pem), SUFFIX)
    assert await refused(tokens_of(served, None), principal) == (
        "None The certificate of the service principal cannot be read."
    )


@pytest.mark.parametrize(
    ("status", "error"), [(429, StorageThrottledError), (503, StorageUnavailableError)]
)
async def test_an_entra_that_fails_is_not_a_refusal(
    served: ServedEntra, entra: Entra, status: int, error: type[Exception]
) -> None:
    entra.fails_with = status
    with pytest.raises(error):
        await tokens_of(served, None).get(theirs(entra))


async def test_many_tokens_leave_nothing_open(served: ServedEntra, entra: Entra) -> None:
    """Warnings are errors: a session that was not closed would say so."""
    tokens, principal = tokens_of(served, None), theirs(entra)
    found = await asyncio.gather(*(tokens.get(principal) for _ in range(5)))
    assert {claims_of(each) for each in found} == {
        (str(principal.tenant_id), str(principal.client_id))
    }


# --- codes --------------------------------------------------------------------------------------

TENANT = ConsentedTenant(UUID(int=1), SUFFIX)
PRINCIPAL = ServicePrincipal(UUID(int=1), UUID(int=2), SecretStr("s"), SUFFIX)


@pytest.mark.parametrize(
    ("code", "identity", "sentence"),
    [
        ("53003", TENANT, "A Conditional Access policy of the tenant refuses the application."),
        ("7000112", PRINCIPAL, "The application is disabled in the tenant."),
        ("7000222", PRINCIPAL, "The secret of the service principal has expired."),
        ("700016", PRINCIPAL, "The tenant has no application with this client id."),
        ("999999", PRINCIPAL, "Entra refuses the application a token (AADSTS999999)."),
    ],
)
def test_a_code_becomes_a_sentence_and_advice_of_ours(
    code: str, identity: ConsentedTenant | ServicePrincipal, sentence: str
) -> None:
    told = f"Authentication failed: AADSTS{code}: text of theirs with app 'canary-name'"
    error = entra_error(ClientAuthenticationError(message=told), identity)
    assert isinstance(error, EntraRefusedError)
    assert (error.detail, error.members) == (sentence, {"aadsts": code})
    assert "canary" not in f"{error.detail} {error.advice}"


def test_a_request_that_did_not_get_through_is_no_refusal() -> None:
    error = entra_error(ServiceRequestError("cannot connect"), TENANT)
    assert isinstance(error, StorageUnavailableError)


def test_the_secret_shows_in_no_representation(tmp_path: Path) -> None:
    application = AzureApplication(uuid4(), SecretStr(OUR_SECRET), "https://vault.example")
    address = AzureAddress(ca_file=tmp_path)
    assert OUR_SECRET not in repr((application, address, EntraTokens(application, address)))
