"""A vault's lease-keeping parts with a fake issuer, and a location to lease."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from services.credentials.arns import parse_principal_arn
from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.base import Identity, Reach, Session
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.organization_roles import OrganizationRoles
from services.credentials.keysets import Keyset
from services.credentials.leases import Leases
from services.credentials.sealing import Sealer
from shared.clock import FrozenClock
from shared.database.external_locations import insert_external_location
from shared.database.sealed_leases import SealedLease, find_sealed_lease
from shared.database.session import Database
from shared.egress import EgressGuard
from shared.leases import Bucket, Lease, Operation, SessionKeys, SigningKeys
from shared.uris import Provider
from tests.conftest import Tenant

HOUR = timedelta(hours=1)
KEYSET = Keyset("test", {"test": bytes(range(32))})


@dataclass(slots=True)
class FakeIssuer:
    """Issues numbered sessions of two hours, or refuses."""

    clock: FrozenClock
    region: str | None = None
    error: Exception | None = None
    issued: list[Reach] = field(default_factory=list)
    pause: asyncio.Event | None = None
    arrivals: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        del identity
        return Bucket(Provider.S3, name, self.region or region)

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        del org_id, identity
        if self.error is not None:
            raise self.error
        self.issued.append(reach)
        self.arrivals.release()
        number = len(self.issued)
        now = self.clock.now()
        if self.pause is not None:
            await self.pause.wait()
        keys = SessionKeys(f"ASIA{number}", SecretStr("the-session-secret"), SecretStr("token"))
        signing = None
        if reach.operation is Operation.READ:
            signing = SigningKeys(keys.access_key_id, keys.session_token, {now.date(): bytes(32)})
        return Session(keys, signing, now, now + 2 * HOUR)


@dataclass(frozen=True, slots=True)
class House:
    """A vault's lease-keeping parts, and a location of a tenant."""

    database: Database
    clock: FrozenClock
    issuer: FakeIssuer
    credentials: StorageCredentials
    org_id: UUID
    credential_id: UUID
    location_id: UUID
    refusals: list[tuple[UUID, UUID]] = field(default_factory=list)

    def replica(self) -> Leases:
        sealer = Sealer(self.database, KEYSET)
        return Leases(
            self.database,
            sealer,
            self.clock,
            credentials=self.credentials,
            issuer=self.issuer,
            on_refusal=self.note_refusal,
        )

    async def note_refusal(self, org_id: UUID, location_id: UUID) -> None:
        self.refusals.append((org_id, location_id))

    async def get(
        self,
        operation: Operation = Operation.READ,
        replica: Leases | None = None,
        *,
        refused: Lease | None = None,
    ) -> Lease:
        leases = replica or self.replica()
        issued_at = None if refused is None else refused.issued_at
        return await leases.get(
            self.org_id, self.location_id, operation, refused_issued_at=issued_at
        )

    async def find(self) -> SealedLease | None:
        async with self.database.begin(self.org_id) as session:
            return await find_sealed_lease(session, self.location_id, "read")


async def make_house(database: Database, tenant: Tenant, clock: FrozenClock) -> House:
    """Give the tenant a credential and a location."""
    principal = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
    credentials = StorageCredentials(
        database,
        Sealer(database, KEYSET),
        clock,
        roles=OrganizationRoles(AwsClients(AwsAddress("us-east-1"), None, None), principal),
        egress=EgressGuard(allow_private=False),
        principal=principal,
    )
    credential = await credentials.add_customer_role(
        tenant.org_id, "Acme", "arn:aws:iam::222222222222:role/reader"
    )
    async with database.begin(tenant.org_id) as session:
        location = await insert_external_location(
            session,
            org_id=tenant.org_id,
            credential_id=credential.credential_id,
            name="Photos",
            provider="s3",
            bucket="acme-data",
            prefix="photos/",
            region="eu-central-1",
            origins=[],
        )
    return House(
        database,
        clock,
        FakeIssuer(clock),
        credentials,
        tenant.org_id,
        credential.credential_id,
        location.location_id,
    )
