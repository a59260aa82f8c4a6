"""Leases: one for all replicas, renewed at half its life, gone with the credential's version."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_principal_arn
from services.credentials.credentials import NewRole, StorageCredentials
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
from shared.errors import (
    CredentialRetiredError,
    NotFoundError,
    SealBrokenError,
    StorageDeniedError,
    StorageUnavailableError,
)
from shared.leases import Bucket, Lease, Operation, SessionKeys, SigningKeys
from shared.uris import Provider
from tests.conftest import NOW, Tenant

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
        return Session(keys, now, now + 2 * HOUR)


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

    def replica(self) -> Leases:
        sealer = Sealer(self.database, KEYSET)
        return Leases(
            self.database, sealer, self.clock, credentials=self.credentials, issuer=self.issuer
        )

    async def get(
        self, operation: Operation = Operation.READ, replica: Leases | None = None
    ) -> Lease:
        leases = replica or self.replica()
        return await leases.get(self.org_id, self.location_id, operation)

    async def find(self) -> SealedLease | None:
        async with self.database.begin(self.org_id) as session:
            return await find_sealed_lease(session, self.location_id, "read")


@pytest.fixture
async def house(database: Database, tenant: Tenant, clock: FrozenClock) -> House:
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


async def test_a_lease_says_what_it_grants_and_until_when(house: House) -> None:
    lease = await house.get(Operation.LIST)
    assert lease == Lease(
        org_id=house.org_id,
        location_id=house.location_id,
        operation=Operation.LIST,
        bucket=Bucket(Provider.S3, "acme-data", "eu-central-1"),
        prefix="photos/",
        grant=SessionKeys("ASIA1", SecretStr("the-session-secret"), SecretStr("token")),
        issued_at=NOW,
        expires_at=NOW + 2 * HOUR,
        renew_at=NOW + HOUR,
    )
    assert house.issuer.issued == [Reach(lease.bucket, "photos/", Operation.LIST)]


async def test_a_reading_lease_holds_signing_keys_and_no_secret(house: House) -> None:
    lease = await house.get(Operation.READ)
    assert isinstance(lease.grant, SigningKeys)
    assert set(lease.grant.keys) == {NOW.date() - timedelta(days=1), NOW.date()}


async def test_all_replicas_share_one_lease(house: House) -> None:
    first = await house.get()
    house.clock.advance(timedelta(minutes=59))
    assert [await house.get() for _ in range(3)] == [first] * 3
    assert len(house.issuer.issued) == 1


async def test_each_operation_has_a_lease_of_its_own(house: House) -> None:
    await house.get(Operation.READ)
    await house.get(Operation.LIST)
    assert [reach.operation for reach in house.issuer.issued] == [Operation.READ, Operation.LIST]


async def test_a_lease_is_renewed_from_half_its_life_on(house: House) -> None:
    first = await house.get()
    house.clock.advance(HOUR)
    second = await house.get()
    assert (first.renew_at, second.issued_at) == (NOW + HOUR, NOW + HOUR)
    assert second.expires_at == NOW + 3 * HOUR


async def test_replicas_that_renew_together_end_with_one_lease(house: House) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = [asyncio.create_task(house.get(replica=house.replica())) for _ in range(5)]
    for _ in waiting:
        await house.issuer.arrivals.acquire()
    house.issuer.pause.set()
    leases = await asyncio.gather(*waiting)
    assert leases == [leases[0]] * 5


async def test_a_replica_asks_once_however_many_wait(house: House) -> None:
    replica = house.replica()
    leases = await asyncio.gather(*(house.get(replica=replica) for _ in range(10)))
    assert leases == [leases[0]] * 10
    assert len(house.issuer.issued) == 1


@pytest.mark.parametrize("minutes", [60, 119])
async def test_the_old_lease_serves_while_renewal_fails_for_a_passing_reason(
    house: House, minutes: int
) -> None:
    first = await house.get()
    house.clock.advance(timedelta(minutes=minutes))
    house.issuer.error = StorageUnavailableError("away")
    assert await house.get() == first


async def test_an_expired_lease_is_never_given_out(house: House) -> None:
    await house.get()
    house.clock.advance(2 * HOUR)
    house.issuer.error = StorageUnavailableError("away")
    with pytest.raises(StorageUnavailableError):
        await house.get()


async def test_a_renewal_that_is_denied_ends_the_lease(house: House) -> None:
    await house.get()
    house.clock.advance(HOUR)
    house.issuer.error = StorageDeniedError("denied")
    with pytest.raises(StorageDeniedError):
        await house.get()


async def test_rotation_invalidates_the_lease(house: House) -> None:
    first = await house.get()
    new = NewRole("arn:aws:iam::222222222222:role/other")
    await house.credentials.rotate(house.org_id, house.credential_id, new)
    assert await house.find() is None
    second = await house.get()
    assert second.grant != first.grant
    assert len(house.issuer.issued) == 2


async def test_a_lease_that_a_rotation_overtakes_is_not_given_out(house: House) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = asyncio.create_task(house.get())
    await house.issuer.arrivals.acquire()
    new = NewRole("arn:aws:iam::222222222222:role/other")
    await house.credentials.rotate(house.org_id, house.credential_id, new)
    house.issuer.pause.set()
    lease = await waiting
    assert lease.grant.access_key_id == "ASIA2"


async def test_a_retired_credential_vends_nothing_and_leaves_nothing(house: House) -> None:
    await house.get()
    await house.credentials.retire(house.org_id, house.credential_id, detach_locations=True)
    assert await house.find() is None
    with pytest.raises(NotFoundError):
        await house.get()


async def test_a_lease_in_flight_while_its_credential_retires_is_not_given_out(
    house: House,
) -> None:
    house.issuer.pause = asyncio.Event()
    waiting = asyncio.create_task(house.get())
    await house.issuer.arrivals.acquire()
    await house.credentials.retire(house.org_id, house.credential_id, detach_locations=True)
    house.issuer.pause.set()
    with pytest.raises(CredentialRetiredError):
        await waiting
    assert await house.find() is None


async def test_a_bucket_that_is_addressed_in_another_way_gets_a_new_lease(house: House) -> None:
    await house.get()
    house.issuer.region = "us-west-2"
    lease = await house.get()
    assert lease.bucket == Bucket(Provider.S3, "acme-data", "us-west-2")
    assert len(house.issuer.issued) == 2


async def test_the_stored_lease_shows_no_key(house: House) -> None:
    await house.get()
    stored = await house.find()
    assert stored is not None
    for secret in (b"ASIA", b"token", b"the-session-secret"):
        assert secret not in stored.sealed


async def test_a_lease_moved_to_another_location_does_not_open(house: House) -> None:
    await house.get()
    stored = await house.find()
    assert stored is not None
    async with house.database.begin(house.org_id) as session:
        other = await insert_external_location(
            session,
            org_id=house.org_id,
            credential_id=house.credential_id,
            name="Other",
            provider="s3",
            bucket="acme-data",
            prefix="other/",
            region="eu-central-1",
            origins=[],
        )
        session.add(
            SealedLease(
                location_id=other.location_id,
                operation=stored.operation,
                org_id=stored.org_id,
                sealed=stored.sealed,
                data_key_id=stored.data_key_id,
                credential_version=stored.credential_version,
                issued_at=stored.issued_at,
                renew_at=stored.renew_at,
                expires_at=stored.expires_at,
            )
        )
    moved = replace(house, location_id=other.location_id)
    with pytest.raises(SealBrokenError):
        await moved.get()


async def test_a_foreign_or_absent_location_has_no_lease(
    house: House, other_tenant: Tenant
) -> None:
    with pytest.raises(NotFoundError):
        await replace(house, org_id=other_tenant.org_id).get()
    with pytest.raises(NotFoundError):
        await replace(house, location_id=uuid4()).get()
