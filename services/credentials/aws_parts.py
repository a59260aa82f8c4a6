"""AWS's part of the vault, built once from who we are there and where AWS is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from services.credentials.access.aws import AwsAccess, AwsTools
from services.credentials.access.capability_probe import CapabilityProbe
from services.credentials.access.identity import IdentityChecks
from services.credentials.access.probes import Probes
from services.credentials.access.regions import BucketRegions
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.arns import PrincipalArn
from services.credentials.issuers.aws import AwsIssuer
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import RoleSessions
from shared.clock import Clock
from shared.egress import EgressGuard


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """Who we are on AWS. Without keys the SDK finds some, without a principal no role trusts us."""

    address: AwsAddress
    principal: PrincipalArn | None = None
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class AwsParts:
    """What the vault has for AWS, and for what speaks S3's API."""

    clients: AwsClients
    issuer: AwsIssuer
    access: AwsAccess
    stores: StoreProfiles


@asynccontextmanager
async def open_aws(
    account: AwsAccount, clock: Clock, probes: Probes, egress: EgressGuard
) -> AsyncIterator[AwsParts]:
    """Wire the parts; their connections close with the context."""
    address = account.address
    async with AwsClients(address, account.access_key_id, account.secret_access_key) as clients:
        sessions = RoleSessions(clients, account.principal, address.home_region, clock)
        issuer = AwsIssuer(sessions, address, clock)
        stores = StoreProfiles(probes)
        tools = AwsTools(
            issuer=issuer,
            identity=IdentityChecks(sessions, account.principal),
            regions=BucketRegions(probes, issuer, address.home_region),
            egress=egress,
            probes=probes,
            stores=stores,
            capabilities=CapabilityProbe(probes, clock),
            home_region=address.home_region,
        )
        yield AwsParts(clients, issuer, AwsAccess(tools), stores)
