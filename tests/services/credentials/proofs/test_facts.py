"""Facts: who may do what, for each method, and no secret among them."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.access.cloud_access import CloudAccess
from services.credentials.access.probes import Probes
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.arns import PrincipalArn, parse_principal_arn, parse_role_arn
from services.credentials.health.records import HealthRecords
from services.credentials.identities import store_identity
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccessKey,
    AccountKey,
    ConsentedTenant,
    CustomerRole,
    CustomerSas,
    FederatedServiceAccount,
    HmacKey,
    Identity,
    OrganizationRole,
    OrganizationServiceAccount,
    ServiceAccountKey,
    ServicePrincipal,
    provider_of,
)
from services.credentials.locations import ExternalLocations
from services.credentials.proofs.digests import digest
from services.credentials.proofs.facts import FactFinder
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import permission_policy, trust_policy
from services.credentials.setup_kits import SetupKits
from shared.clock import SystemClock
from shared.database.external_locations import ExternalLocation
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from shared.uris import Provider
from shared.version import VERSION
from tests.conftest import Tenant
from tests.services.credentials.google_cloud import ISSUER, PROVIDER, READER
from tests.services.credentials.health.watched import PERIODS
from tests.services.credentials.lease_house import House

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring")
ROLE = parse_role_arn("arn:aws:iam::222222222222:role/reader")
SECRET = SecretStr("the secret")
SUFFIX = "core.windows.net"
THEIRS, OURS, TENANT = UUID(int=1), UUID(int=2), UUID(int=3)
ENDPOINT = "https://s3.wasabisys.com"

IDENTITIES: dict[str, tuple[Identity, dict[str, str], set[str]]] = {
    "assume_role": (
        CustomerRole(ROLE, "the-external-id"),
        {"role_arn": str(ROLE), "principal_arn": str(PRINCIPAL)},
        {"trust_policy", "permission_policy", "cors"},
    ),
    "organization_role": (
        OrganizationRole(ROLE, "the-external-id"),
        {"role_arn": str(ROLE)},
        {"bucket_policy", "cors"},
    ),
    "access_key": (
        AccessKey("AKIA", SECRET, ENDPOINT, "auto", path_style=True),
        {"access_key_id": "AKIA", "endpoint": ENDPOINT},
        {"permission_policy", "cors"},
    ),
    "service_account_grant": (
        OrganizationServiceAccount(READER),
        {"service_account": READER},
        {"bucket_binding", "cors"},
    ),
    "workload_identity": (
        FederatedServiceAccount(READER, PROVIDER),
        {
            "service_account": READER,
            "workload_provider": PROVIDER,
            "oidc_issuer": ISSUER,
            "subject": "the organization",
        },
        {"bucket_binding", "workload_provider", "service_account_binding", "cors"},
    ),
    "service_account_key": (
        ServiceAccountKey(READER, "key-id", SECRET),
        {"service_account": READER, "access_key_id": "key-id"},
        {"bucket_binding", "cors"},
    ),
    "hmac_key": (HmacKey("GOOG1", SECRET), {"access_key_id": "GOOG1"}, {"cors"}),
    "tenant_consent": (
        ConsentedTenant(TENANT, SUFFIX),
        {"tenant_id": str(TENANT), "client_id": str(OURS)},
        {"role_assignments", "cors"},
    ),
    "service_principal": (
        ServicePrincipal(TENANT, THEIRS, SECRET, SUFFIX),
        {"tenant_id": str(TENANT), "client_id": str(THEIRS)},
        {"role_assignments", "cors"},
    ),
    "account_key": (AccountKey("acme", SECRET, SUFFIX), {"account": "acme"}, {"cors"}),
    "sas_token": (CustomerSas("acme", SECRET, SUFFIX), {"account": "acme"}, {"cors"}),
}


def no_cloud(identity: Identity) -> CloudAccess:
    raise AssertionError(identity)


def finder(database: Database, house: House, principal: PrincipalArn | None) -> FactFinder:
    nobody = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(404)))
    locations = ExternalLocations(
        database,
        SystemClock(),
        credentials=house.credentials,
        cloud_of=no_cloud,
        records=HealthRecords(PERIODS),
    )
    kits = SetupKits(
        house.credentials,
        locations,
        principal=principal,
        oidc_issuer=ISSUER,
        application=AzureApplication(OURS, SECRET, "https://vault.example"),
        stores=StoreProfiles(Probes(nobody, nobody)),
        links=None,
    )
    return FactFinder(database, kits, oidc_issuer=ISSUER)


def location_of(tenant: Tenant, identity: Identity) -> ExternalLocation:
    provider = provider_of(identity)
    return ExternalLocation(
        location_id=UUID(int=8),
        org_id=tenant.org_id,
        name="Photos",
        provider=provider.value,
        bucket="acme/photos" if provider is Provider.AZURE else "acme-data",
        prefix="2026/",
        region="eu-central-1",
        origins=["https://app.example"],
    )


@pytest.fixture
def gather(database: Database, tenant: Tenant, house: House) -> Any:
    async def gather(identity: Identity, principal: PrincipalArn | None = PRINCIPAL) -> Any:
        method = store_identity(identity).method
        credential = StorageCredential(credential_id=UUID(int=9), name="Reader", method=method)
        facts = finder(database, house, principal)
        location = location_of(tenant, identity)
        return await facts.gather(location, credential, identity, "eu-west-1")

    return gather


async def test_facts_are_who_may_do_what_where_and_by_which_documents(
    gather: Any, tenant: Tenant
) -> None:
    identity, names, _ = IDENTITIES["assume_role"]
    assert await gather(identity) == {
        "mooring_version": VERSION,
        "organization": {"org_id": str(tenant.org_id), "name": "Test"},
        "location": {
            "location_id": str(UUID(int=8)),
            "name": "Photos",
            "uri": "s3://acme-data/2026/",
            "region": "eu-west-1",
            "origins": ["https://app.example"],
        },
        "credential": {
            "credential_id": str(UUID(int=9)),
            "name": "Reader",
            "method": "assume_role",
        },
        "identity": names,
        "operations": ["list", "read"],
        "documents": {
            "trust_policy": digest(trust_policy(str(PRINCIPAL), "the-external-id")),
            "permission_policy": digest(permission_policy("aws", "acme-data", "2026/")),
            "cors": digest(cors_rules(["https://app.example"])),
        },
    }


@pytest.mark.parametrize("method", IDENTITIES)
async def test_each_method_has_its_names_and_documents_and_tells_no_secret(
    gather: Any, tenant: Tenant, method: str
) -> None:
    identity, names, documents = IDENTITIES[method]
    facts = await gather(identity)
    expected = {
        name: str(tenant.org_id) if value == "the organization" else value
        for name, value in names.items()
    }
    assert (facts["credential"]["method"], facts["identity"]) == (method, expected)
    assert facts["documents"].keys() == documents
    told = [word for word in ("the secret", "the-external-id") if word in str(facts)]
    assert told == []


async def test_without_an_identity_of_ours_there_is_no_kit_to_tell_of(gather: Any) -> None:
    facts = await gather(CustomerRole(ROLE, "the-external-id"), None)
    assert (facts["identity"], facts["documents"]) == ({"role_arn": str(ROLE)}, {})
