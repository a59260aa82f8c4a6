"""The vault: what its routes call, built once."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.clouds import Clouds
from services.credentials.access.probes import TIMEOUT, open_probes
from services.credentials.access.report import AccessVerifier, Tools
from services.credentials.access.trials import LeaseTrials, ProbeUrls
from services.credentials.access_proofs import AccessProofs
from services.credentials.access_reports import AccessReports
from services.credentials.api_keys import ApiKeys
from services.credentials.arns import PrincipalArn, parse_principal_arn
from services.credentials.aws_parts import AwsAccount, open_aws
from services.credentials.azure_parts import build_azure
from services.credentials.azure_tenants import AzureTenants
from services.credentials.browser_links import BrowserLinks
from services.credentials.consent import AzureConsents
from services.credentials.credentials import StorageCredentials
from services.credentials.google_cloud import open_google_cloud
from services.credentials.health.claims import HealthClaims
from services.credentials.health.location_health import LocationsHealth
from services.credentials.health.records import HealthRecords
from services.credentials.health.scheduler import HealthScheduler
from services.credentials.issuers.clients import AwsAddress
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.issuers.organization_roles import OrganizationRoles
from services.credentials.issuers.organization_service_accounts import (
    OrganizationServiceAccounts,
)
from services.credentials.keysets import Keyset
from services.credentials.leases import Leases
from services.credentials.locations import ExternalLocations
from services.credentials.oidc import OidcIssuer
from services.credentials.organizations import Organizations
from services.credentials.proofs.facts import FactFinder
from services.credentials.report_keys import ReportKeys
from services.credentials.rotations import Rotations
from services.credentials.sealing import Sealer
from services.credentials.settings import Settings
from services.credentials.setup.aws_kit import StackLinks
from services.credentials.setup_kits import SetupKits
from services.credentials.signed_urls import SignedUrls
from shared.clock import Clock
from shared.database.session import Database
from shared.egress import EgressGuard


@dataclass(frozen=True, slots=True)
class Vault:
    """The use cases."""

    organizations: Organizations
    api_keys: ApiKeys
    credentials: StorageCredentials
    locations: ExternalLocations
    health: LocationsHealth
    health_scheduler: HealthScheduler
    leases: Leases
    reports: AccessReports
    proofs: AccessProofs
    report_keys: ReportKeys
    kits: SetupKits
    rotations: Rotations
    signed_urls: SignedUrls
    service_accounts: OrganizationServiceAccounts
    oidc: OidcIssuer | None
    azure_consents: AzureConsents
    azure_tenants: AzureTenants
    browser_links: BrowserLinks


@asynccontextmanager
async def open_vault(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Vault]:
    """Read the keyset and wire the vault; its connections close with the context."""
    principal = (
        None
        if settings.aws_principal_arn is None
        else parse_principal_arn(settings.aws_principal_arn)
    )
    application = settings.azure_application
    egress = EgressGuard(allow_private=settings.allow_private_endpoints)
    keyset = Keyset.read(settings.keyset_file)
    sealer = Sealer(database, keyset)
    report_keys = ReportKeys(database, keyset, clock)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        probes = await enter(open_probes(egress))
        aws = await enter(open_aws(_account(settings, principal), clock, probes, egress))
        google = await enter(open_google_cloud(settings, clock, probes, egress))
        azure = build_azure(
            database,
            sealer,
            clock,
            application=application,
            address=settings.azure_address,
            http=await enter(_azure_http(settings)),
            egress=egress,
        )
        issuers = CloudIssuers(aws.issuer, google.issuer, azure.issuer)
        clouds = Clouds(aws.access, google.access, azure.access)
        credentials = StorageCredentials(
            database,
            sealer,
            clock,
            roles=OrganizationRoles(aws.clients, principal),
            egress=egress,
            principal=principal,
        )
        browsers = BrowserChecks(probes)
        urls = ProbeUrls(issuers)
        records = HealthRecords(settings.health_periods)
        health = LocationsHealth(database, clock, records, is_scheduled=settings.health_checks)
        leases = Leases(
            database,
            sealer,
            clock,
            credentials=credentials,
            issuer=issuers,
            on_refusal=health.hasten,
        )
        tools = Tools(
            issuer=issuers,
            cloud_of=clouds.access_of,
            browsers=browsers,
            urls=urls,
            trials=LeaseTrials(browsers, urls, egress),
            egress=egress,
            clock=clock,
        )
        locations = ExternalLocations(
            database, clock, credentials=credentials, cloud_of=clouds.access_of, records=records
        )
        oidc_issuer = None if google.oidc is None else google.oidc.url
        kits = SetupKits(
            credentials,
            locations,
            principal=principal,
            oidc_issuer=oidc_issuer,
            application=application,
            stores=aws.stores,
            links=_stack_links(settings),
        )
        reports = AccessReports(
            database,
            clock,
            credentials=credentials,
            leases=leases,
            verifier=AccessVerifier(tools),
            facts=FactFinder(database, kits, oidc_issuer=oidc_issuer),
            records=records,
        )
        yield Vault(
            organizations=Organizations(database),
            api_keys=ApiKeys(database, clock),
            credentials=credentials,
            locations=locations,
            health=health,
            health_scheduler=HealthScheduler(
                HealthClaims(database, clock),
                reports,
                clock,
                periods=settings.health_periods,
                concurrency=settings.health_concurrency,
            ),
            leases=leases,
            reports=reports,
            proofs=AccessProofs(reports, report_keys, clock),
            report_keys=report_keys,
            kits=kits,
            rotations=Rotations(credentials, locations),
            signed_urls=SignedUrls(
                database,
                clock,
                credentials=credentials,
                issuers=issuers,
                on_refusal=health.hasten,
            ),
            service_accounts=google.accounts,
            oidc=google.oidc,
            azure_consents=azure.consents,
            azure_tenants=azure.tenants,
            browser_links=BrowserLinks(
                database,
                clock,
                credentials=credentials,
                leases=leases,
                cloud_of=clouds.access_of,
                egress=egress,
                gateway=settings.presign_public_url,
            ),
        )


def _account(settings: Settings, principal: PrincipalArn | None) -> AwsAccount:
    address = AwsAddress(
        settings.aws_region,
        settings.aws_s3_endpoint,
        settings.aws_sts_endpoint,
        settings.aws_iam_endpoint,
    )
    keys = settings.aws_access_key_id, settings.aws_secret_access_key
    return AwsAccount(address, principal, *keys)


def _stack_links(settings: Settings) -> StackLinks | None:
    url = settings.aws_template_url
    return None if url is None else StackLinks(url, settings.aws_region)


def _azure_http(settings: Settings) -> httpx.AsyncClient:
    """Open the client for Entra and for accounts; it follows no redirects."""
    ca_file = settings.azure_ca_file
    verify = True if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
    return httpx.AsyncClient(verify=verify, timeout=TIMEOUT, follow_redirects=False)
