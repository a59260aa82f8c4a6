"""The vault: what its routes call, built once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.credentials.access.browsers import BrowserChecks
from services.credentials.access.identity import IdentityChecks
from services.credentials.access.probes import open_probes
from services.credentials.access.regions import BucketRegions
from services.credentials.access.report import AccessVerifier, Tools
from services.credentials.access.trials import LeaseTrials
from services.credentials.access_reports import AccessReports
from services.credentials.api_keys import ApiKeys
from services.credentials.arns import parse_principal_arn
from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.aws import AwsIssuer
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.organization_roles import OrganizationRoles
from services.credentials.issuers.role_sessions import RoleSessions
from services.credentials.keysets import Keyset
from services.credentials.leases import Leases
from services.credentials.locations import ExternalLocations
from services.credentials.organizations import Organizations
from services.credentials.sealing import Sealer
from services.credentials.settings import Settings
from services.credentials.setup_kits import SetupKits
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
    leases: Leases
    reports: AccessReports
    kits: SetupKits


@asynccontextmanager
async def open_vault(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Vault]:
    """Read the keyset and wire the vault; its connections close with the context."""
    principal = (
        None
        if settings.aws_principal_arn is None
        else parse_principal_arn(settings.aws_principal_arn)
    )
    address = AwsAddress(
        settings.aws_region,
        settings.aws_s3_endpoint,
        settings.aws_sts_endpoint,
        settings.aws_iam_endpoint,
    )
    egress = EgressGuard(allow_private=settings.allow_private_endpoints)
    sealer = Sealer(database, Keyset.read(settings.keyset_file))
    async with (
        AwsClients(address, settings.aws_access_key_id, settings.aws_secret_access_key) as clients,
        open_probes(egress) as probes,
    ):
        sessions = RoleSessions(clients, principal, settings.aws_region, clock)
        issuer = AwsIssuer(sessions, address, clock)
        regions = BucketRegions(probes, issuer, settings.aws_region)
        credentials = StorageCredentials(
            database,
            sealer,
            clock,
            roles=OrganizationRoles(clients, principal),
            egress=egress,
            principal=principal,
        )
        checks = IdentityChecks(sessions, principal)
        browsers = BrowserChecks(probes)
        leases = Leases(database, sealer, clock, credentials=credentials, issuer=issuer)
        tools = Tools(
            issuer=issuer,
            identity=checks,
            regions=regions,
            browsers=browsers,
            trials=LeaseTrials(browsers, egress),
            egress=egress,
            clock=clock,
            home_region=settings.aws_region,
        )
        yield Vault(
            organizations=Organizations(database),
            api_keys=ApiKeys(database, clock),
            credentials=credentials,
            locations=ExternalLocations(
                database, clock, credentials=credentials, regions=regions, checks=checks
            ),
            leases=leases,
            reports=AccessReports(
                database,
                clock,
                credentials=credentials,
                leases=leases,
                verifier=AccessVerifier(tools),
            ),
            kits=SetupKits(credentials, principal),
        )
