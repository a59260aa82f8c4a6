"""Azure's part of the vault, built once from our application and where Azure is."""

from dataclasses import dataclass

import httpx

from services.credentials.access.azure import AzureAccess, AzureTools
from services.credentials.azure_tenants import AzureTenants
from services.credentials.consent import AzureConsents
from services.credentials.consent_links import ConsentLinks
from services.credentials.issuers.azure import AzureIssuer
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.entra import EntraTokens
from services.credentials.issuers.entra_sign_ins import SignIns
from services.credentials.sealing import Sealer
from shared.clock import Clock
from shared.database.session import Database
from shared.egress import EgressGuard


@dataclass(frozen=True, slots=True)
class AzureParts:
    """What the vault has for Azure."""

    issuer: AzureIssuer
    access: AzureAccess
    consents: AzureConsents
    tenants: AzureTenants


def build_azure(
    database: Database,
    sealer: Sealer,
    clock: Clock,
    *,
    application: AzureApplication | None,
    address: AzureAddress,
    http: httpx.AsyncClient,
    egress: EgressGuard,
) -> AzureParts:
    """Build the parts. They ask Entra and accounts by `http`, which follows no redirects.

    Accounts at an endpoint that somebody named are read through `egress`.

    Without an application the method tenant_consent does not work, and the others do.
    """
    tenants = AzureTenants(database, clock, application=application)
    issuer = AzureIssuer(
        EntraTokens(application, address), http, address, clock, is_bound=tenants.is_bound
    )
    sign_ins = None if application is None else SignIns(application, address, http, clock)
    return AzureParts(
        issuer=issuer,
        access=AzureAccess(AzureTools(issuer, http, clock, tenants.is_bound, egress, application)),
        consents=AzureConsents(
            database,
            links=ConsentLinks(database, sealer, clock),
            tenants=tenants,
            sign_ins=sign_ins,
        ),
        tenants=tenants,
    )
