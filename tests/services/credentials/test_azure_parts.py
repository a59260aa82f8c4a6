"""Azure from beginning to end: an administrator consents, and only then a container opens."""

import os
import ssl
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.azurite import ACCOUNT
from deploy.local.clouds.entra import Application, Entra, serving_entra
from services.credentials.access.azure_probes import ask_container
from services.credentials.azure_parts import AzureParts, build_azure
from services.credentials.issuers.azure import TenantNotBoundError
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import ConsentedTenant, Reach
from services.credentials.keysets import Keyset
from services.credentials.sealing import Sealer
from shared.clock import SystemClock
from shared.database.session import Database
from shared.egress import EgressGuard
from shared.errors import CloudIdentityError
from shared.leases import Operation, SasToken
from tests.conftest import Tenant
from tests.emulators.azurite import empty_azurite
from tests.services.credentials.consenting import Consenting

BASE = "https://vault.example"
SUFFIX = "core.windows.net"


def make_sealer(database: Database) -> Sealer:
    return Sealer(database, Keyset("test", {"test": os.urandom(32)}))


async def list_with(
    parts: AzureParts, http: httpx.AsyncClient, org_id: UUID, identity: ConsentedTenant, name: str
) -> int:
    """Return the status with which the container answers the session's signature."""
    bucket = parts.issuer.bucket(identity, f"{ACCOUNT}/{name}", "auto")
    session = await parts.issuer.issue(org_id, identity, Reach(bucket, "", Operation.LIST))
    assert isinstance(session.access, SasToken)
    return (await ask_container(http, bucket, session.access.token)).status


async def test_a_container_opens_to_the_organization_that_its_administrator_named(
    database: Database, tenant: Tenant, other_tenant: Tenant, tmp_path: Path
) -> None:
    with empty_azurite() as azurite:
        tls = ssl.create_default_context(cafile=azurite.certificate)
        async with (
            serving_entra(tmp_path) as served,
            azurite.container() as container,
        ):
            tls.load_verify_locations(served.ca_file)
            origin = azurite.endpoint.removesuffix(f"/{ACCOUNT}")
            application = AzureApplication(uuid4(), SecretStr("ours"), BASE)
            register(served.entra, application)
            address = AzureAddress(served.entra.authority, origin, served.ca_file)
            async with httpx.AsyncClient(verify=tls) as http:
                parts = build_azure(
                    database,
                    make_sealer(database),
                    SystemClock(),
                    application=application,
                    address=address,
                    http=http,
                    egress=EgressGuard(allow_private=True),
                )
                tid = served.entra.add_tenant()
                way = Consenting(parts.consents, parts.tenants, served.entra, application)
                await way.connect(tenant.org_id, tid)
                identity = await parts.tenants.accept(tenant.org_id, tid)
                name = container.container_name
                assert await list_with(parts, http, tenant.org_id, identity, name) == 200
                with pytest.raises(TenantNotBoundError):
                    await list_with(parts, http, other_tenant.org_id, identity, name)


async def test_without_an_application_other_methods_are_built_and_consent_is_not(
    database: Database, tenant: Tenant
) -> None:
    async with httpx.AsyncClient() as http:
        parts = build_azure(
            database,
            make_sealer(database),
            SystemClock(),
            application=None,
            address=AzureAddress(),
            http=http,
            egress=EgressGuard(allow_private=True),
        )
        with pytest.raises(CloudIdentityError, match="MOORING_AZURE_CLIENT_ID"):
            await parts.consents.begin(tenant.org_id)


def register(entra: Entra, application: AzureApplication) -> None:
    redirects = (application.consent_redirect, application.sign_in_redirect)
    entra.register(Application(application.client_id, "ours", redirects=redirects))
