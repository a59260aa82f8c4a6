"""Identities at rest: each method's identity comes back as it was stored."""

from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_role_arn
from services.credentials.identities import load_identity, store_identity
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
from shared.database.session import Database
from shared.database.storage_credentials import (
    NEEDED,
    SEALING,
    StorageCredential,
    get_storage_credential,
)
from tests.conftest import Tenant

ROLE = parse_role_arn("arn:aws:iam::222222222222:role/reader")
EMAIL = "reader@acme.iam.gserviceaccount.com"
SECRET = SecretStr("the secret")
SUFFIX = "core.windows.net"
ID = UUID("0d5b7a8e-0f5c-4a53-8d3a-8f4f3f7f7f10")

IDENTITIES: dict[str, Identity] = {
    "assume_role": CustomerRole(ROLE, "the-id"),
    "access_key": AccessKey("AKIA", SECRET, "https://s3.example", "auto", path_style=True),
    "service_account_grant": OrganizationServiceAccount(EMAIL),
    "workload_identity": FederatedServiceAccount(EMAIL, "projects/1/locations/global"),
    "service_account_key": ServiceAccountKey(EMAIL, "kid", SECRET),
    "hmac_key": HmacKey("GOOG1", SECRET),
    "tenant_consent": ConsentedTenant(ID, SUFFIX),
    "service_principal": ServicePrincipal(ID, ID, SECRET, SUFFIX),
    "account_key": AccountKey("acme", SECRET, SUFFIX),
    "sas_token": CustomerSas("acme", SECRET, SUFFIX),
}


async def keep(database: Database, tenant: Tenant, identity: Identity) -> StorageCredential:
    """Store a row as the vault does, but for the seal."""
    stored = store_identity(identity)
    row = StorageCredential(
        credential_id=uuid4(),
        org_id=tenant.org_id,
        name="Acme",
        provider=provider_of(identity).value,
        method=stored.method,
        secret_version=1,
        **{"path_style": False, **stored.columns},
    )
    async with database.begin(tenant.org_id) as session:
        session.add(row)
    async with database.begin(tenant.org_id) as session:
        return await get_storage_credential(session, row.credential_id)


def test_every_method_has_an_identity() -> None:
    methods = {method for methods in NEEDED.values() for method in methods}
    assert methods == {*IDENTITIES, "organization_role"}
    for provider, some in NEEDED.items():
        for method in set(some) - {"organization_role"}:
            assert provider_of(IDENTITIES[method]) == provider


@pytest.mark.parametrize("method", sorted(set(IDENTITIES) - set(SEALING)))
async def test_an_identity_without_a_secret_is_loaded_from_its_row(
    database: Database, tenant: Tenant, method: str
) -> None:
    row = await keep(database, tenant, IDENTITIES[method])
    assert row.method == method
    assert load_identity(row, None) == IDENTITIES[method]


async def test_our_role_for_an_organization_is_opened_with_the_organizations_id(
    database: Database, tenant: Tenant
) -> None:
    identity = OrganizationRole(ROLE, str(tenant.org_id))
    assert load_identity(await keep(database, tenant, identity), None) == identity


@pytest.mark.parametrize("method", SEALING)
def test_an_identity_with_a_secret_needs_it_and_shows_it_nowhere(method: str) -> None:
    identity = IDENTITIES[method]
    stored = store_identity(identity)
    assert stored.secret == SECRET
    row = StorageCredential(method=method, **{"path_style": True, **stored.columns})
    assert load_identity(row, SECRET) == identity
    with pytest.raises(ValueError, match="lacks a column"):
        load_identity(row, None)
    assert "the secret" not in f"{identity!r} {stored!r}"
