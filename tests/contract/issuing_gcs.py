"""The methods of Google Cloud Storage, tried on an emulated one that checks grants and signatures.

Its clock is the vault's, so a session grows old as a test wants it to.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

from pydantic import SecretStr

from deploy.local.clouds.gcs_world import Fault
from deploy.local.clouds.google_keys import pem_of
from services.credentials.issuers.base import (
    FederatedServiceAccount,
    HmacKey,
    Identity,
    OrganizationServiceAccount,
    ServiceAccountKey,
)
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.issuers.gcs import SIGNING_LEASE
from services.credentials.issuers.google_calls import ATTEMPTS
from services.credentials.issuers.google_tokens import ServiceAccount
from shared.clock import Clock, FrozenClock
from shared.errors import CloudIdentityError
from shared.leases import Operation, RemoteSigning, SigningGrant, SigningKeys
from tests.contract.issuing import ASKS_NOBODY, SIGNED_BY_THE_VAULT, Holder, Method, Trouble
from tests.services.credentials.google_cloud import Google, make_key

OWN_GRANTS = "An HMAC key cannot be narrowed: it may do what its service account may."
OWN_KEY = "The customer's key is lent as it is, and is good until they deactivate it."

_FAULTS: dict[Trouble, Fault] = {Trouble.THROTTLED: "throttle", Trouble.UNREACHABLE: "reset"}


def reader_of(org_id: UUID) -> str:
    return f"reader-{org_id}@acme-project.iam.gserviceaccount.com"


def provider_of(org_id: UUID) -> str:
    pool = f"projects/{org_id.int % 10**12}/locations/global/workloadIdentityPools/mooring"
    return f"{pool}/providers/mooring"


class GcsMethod(Method):
    """What the methods of Cloud Storage have in common."""

    scene: ClassVar[str] = "google"

    def __init__(self, google: Google) -> None:
        self._google = google
        self._world = google.world

    @property
    def issuers(self) -> CloudIssuers:
        return CloudIssuers(cast("Any", None), self._google.issuer, cast("Any", None))

    @property
    def clock(self) -> Clock:
        return self._google.clock

    async def make_bucket(self, *keys: str) -> str:
        name = f"acme-{uuid4().hex}"
        self._world.add_bucket(name)
        for key in keys:
            self._world.put(name, key, key.encode())
        return name

    async def remove_bucket(self, name: str) -> None:
        self._world.buckets.pop(name)

    def grant(self, email: str, *buckets: str) -> None:
        for bucket in buckets:
            self._world.grant(bucket, email)

    @asynccontextmanager
    async def troubled(self, trouble: Trouble) -> AsyncIterator[CloudIssuers]:
        self._world.fail_next(_FAULTS[trouble], ATTEMPTS)
        yield self.issuers
        self._world.faults.clear()


class _ByServiceAccount(GcsMethod):
    """Tokens to list are narrowed to the prefix, those to read never leave the vault."""

    signing: ClassVar[type[SigningGrant]] = RemoteSigning
    wide: ClassVar = {Operation.READ: SIGNED_BY_THE_VAULT}
    lasting: ClassVar = wide

    @asynccontextmanager
    async def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AsyncIterator[Holder]:
        identity = await self.connect(org_id, bucket)
        holder = await self.hold(org_id, identity, bucket, operation)
        self._google.clock.advance(holder.session.expires_at - self.clock.now() - left)
        yield holder

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, ServiceAccount)
        self._world.accounts.pop(identity.email)


class ByServiceAccountGrant(_ByServiceAccount):
    name: ClassVar[str] = "service_account_grant"
    refusal: ClassVar[type[CloudIdentityError]] = CloudIdentityError

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        email = await self._google.accounts.keep(org_id)
        self.grant(email, *buckets)
        return OrganizationServiceAccount(email)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        """Hold the other's account, which nobody can name."""
        del org_id
        return identity


class ByWorkloadIdentity(_ByServiceAccount):
    name: ClassVar[str] = "workload_identity"

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        email = reader_of(org_id)
        self.grant(email, *buckets)
        return self._google.federate(org_id, email, provider_of(org_id))

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, FederatedServiceAccount)
        return identity


class ByServiceAccountKey(_ByServiceAccount):
    name: ClassVar[str] = "service_account_key"

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        email = reader_of(org_id)
        self.grant(email, *buckets)
        return self._google.add_key(email)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, ServiceAccountKey)
        return replace(identity, private_key=SecretStr(pem_of(make_key())))


class ByHmacKey(GcsMethod):
    name: ClassVar[str] = "hmac_key"
    signing: ClassVar[type[SigningGrant]] = SigningKeys
    wide: ClassVar = dict.fromkeys(Operation, OWN_GRANTS)
    lasting: ClassVar = dict.fromkeys(Operation, OWN_KEY)
    asks_nobody: ClassVar[str] = ASKS_NOBODY

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        email = reader_of(org_id)
        self._world.add_account(email)
        self.grant(email, *buckets)
        access_id, secret = self._world.add_hmac_key(email)
        return HmacKey(access_id, SecretStr(secret))

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, HmacKey)
        owner = self._world.owner_of(identity.access_id)
        assert owner is not None
        owner[0].hmac_keys.clear()

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, HmacKey)
        return replace(identity, secret=SecretStr("a guess"))

    @asynccontextmanager
    async def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AsyncIterator[Holder]:
        """Issue it back then: requests to the XML API are signed with the real time."""
        identity = await self.connect(org_id, bucket)
        then = FrozenClock(self.clock.now() - SIGNING_LEASE + left)
        gcs = self._google.issuer_at(then)
        issuers = CloudIssuers(cast("Any", None), gcs, cast("Any", None))
        yield await self.hold(org_id, identity, bucket, operation, issuers=issuers)
