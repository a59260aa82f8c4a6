"""Google Cloud as the vault sees it, emulated, with a customer's bucket in it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from deploy.local.clouds.cloud import VAULT
from deploy.local.clouds.gcs_world import GcsWorld, IdentityProvider
from deploy.local.clouds.google import PRINCIPAL, PROJECT
from deploy.local.clouds.google_keys import key_document, pem_of
from deploy.local.clouds.google_server import (
    ConditionalProvider,
    EmulatedGoogle,
    Everybody,
    Iam,
    google_server,
)
from services.credentials.issuers.base import FederatedServiceAccount, ServiceAccountKey
from services.credentials.issuers.bucket_questions import BucketQuestions
from services.credentials.issuers.gcs import GcsIssuer
from services.credentials.issuers.google_calls import GoogleAddress, GoogleCalls
from services.credentials.issuers.google_identity import GoogleIdentity, open_google_identity
from services.credentials.issuers.google_signatures import GoogleSignatures
from services.credentials.issuers.google_tokens import GoogleTokens
from services.credentials.issuers.organization_service_accounts import OrganizationServiceAccounts
from services.credentials.oidc import OidcIssuer
from services.credentials.service_account_keys import read_service_account_key
from shared.clock import Clock, FrozenClock, SystemClock

ISSUER = VAULT
BUCKET = "acme-data"
READER = "mooring-reader@acme-project.iam.gserviceaccount.com"
PROVIDER = "projects/123456/locations/global/workloadIdentityPools/mooring/providers/mooring"


@cache
def make_key() -> RSAPrivateKey:
    """Return the key of our OIDC issuer: to make another takes a tenth of a second."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@cache
def make_oidc() -> OidcIssuer:
    """Return our OIDC issuer: it checks its key, which takes as long."""
    return OidcIssuer(ISSUER, pem_of(make_key()).encode(), SystemClock())


@dataclass
class Sleeper:
    """Sleeps not at all, and remembers for how long it should have."""

    pauses: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


@dataclass
class Google:
    """What the vault is made of, and the world that it is in."""

    world: GcsWorld
    iam: Iam
    clock: FrozenClock
    calls: GoogleCalls
    identity: GoogleIdentity
    oidc: OidcIssuer
    tokens: GoogleTokens
    signatures: GoogleSignatures
    questions: BucketQuestions
    accounts: OrganizationServiceAccounts
    pauses: list[float]

    @property
    def issuer(self) -> GcsIssuer:
        return self.issuer_at(self.clock)

    def issuer_at(self, clock: Clock) -> GcsIssuer:
        """Return an issuer for which it is another time than for Google."""
        return GcsIssuer(
            self.tokens,
            self.signatures,
            self.questions,
            self.accounts,
            clock,
            storage_endpoint=self.world.url,
        )

    def federate(
        self, org_id: UUID, email: str = READER, provider: str = PROVIDER, *, enforced: bool = True
    ) -> FederatedServiceAccount:
        """Do what the setup kit does for an organization; without `enforced`, let all subjects in.

        A condition that is missing matters only where the account lets in the whole pool, too.
        """
        audience = f"//iam.googleapis.com/{provider}"
        key = make_key().public_key()
        trusted = (
            ConditionalProvider(audience, ISSUER, key, str(org_id))
            if enforced
            else IdentityProvider(audience, ISSUER, key)
        )
        self.world.providers[audience] = trusted
        account = self.world.add_account(email)
        if enforced:
            account.token_creators.add(trusted.principal(str(org_id)))
        else:
            account.token_creators = Everybody()
        return FederatedServiceAccount(email, provider)

    def add_key(self, email: str = READER) -> ServiceAccountKey:
        account = self.world.add_account(email)
        return read_service_account_key(key_document(email, account.private_key))


@asynccontextmanager
async def open_google(directory: Path) -> AsyncIterator[Google]:
    """Serve a world of one bucket with a few objects."""
    clock = FrozenClock(datetime.now(UTC).replace(microsecond=0))  # JWTs are read by the real one
    async with google_server(GcsWorld(clock.now)) as emulated, httpx.AsyncClient() as http:
        world = emulated.world
        world.add_bucket(BUCKET)
        for name in ("photos/a.jpg", "photos/b c+d.txt", "private/x.txt"):
            world.put(BUCKET, name, b"some bytes")
        emulated.iam.admins.add(PRINCIPAL)
        ours = world.add_account(PRINCIPAL)
        key_file = directory / "vault.json"
        document = key_document(PRINCIPAL, ours.private_key, token_uri=f"{world.url}/token")
        key_file.write_text(json.dumps(document))
        async with open_google_identity(key_file, clock) as identity:
            sleeper = Sleeper()
            yield _wire(emulated, clock, GoogleCalls(http, sleeper), identity, sleeper)


def _wire(
    emulated: EmulatedGoogle,
    clock: FrozenClock,
    calls: GoogleCalls,
    identity: GoogleIdentity,
    sleeper: Sleeper,
) -> Google:
    world = emulated.world
    address = GoogleAddress(world.url, world.url, world.url, world.url, world.url)
    oidc = make_oidc()
    tokens = GoogleTokens(calls, identity, address, clock, oidc=oidc)
    return Google(
        world=world,
        iam=emulated.iam,
        clock=clock,
        calls=calls,
        identity=identity,
        oidc=oidc,
        tokens=tokens,
        signatures=GoogleSignatures(calls, tokens),
        questions=BucketQuestions(calls),
        accounts=OrganizationServiceAccounts(
            calls, identity, address, project=PROJECT, principal=PRINCIPAL, sleep=sleeper
        ),
        pauses=sleeper.pauses,
    )
