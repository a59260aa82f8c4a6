"""A gateway on the shared database, with leases that a test hands out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.presign.api import routers
from services.presign.browser_checks import BrowserChecks
from services.presign.presigner import Presigner
from services.presign.settings import Settings
from shared.auth import Authenticator
from shared.browser_checks import OpenedCheckBody, SeenBody
from shared.clock import FrozenClock
from shared.database.assets import Asset
from shared.database.datasets import Dataset
from shared.database.external_locations import ExternalLocation
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from shared.errors import AppError
from shared.lease_cache import LeaseCache
from shared.leases import Bucket, Lease, Operation, SigningKeys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from shared.web import Service, build_app
from tests.conftest import NOW, SERVICE_KEY, Tenant
from tests.local_signing import local_signer

BUCKET = Bucket(Provider.S3, "customer-images", "eu-west-1")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LOCATION_ID = UUID(int=7)
LEASE_LIFE = timedelta(hours=1)


@dataclass
class FakeVault:
    """Vend leases as the vault does, or fail as it does."""

    clock: FrozenClock
    life: timedelta = LEASE_LIFE
    failure: AppError | None = None
    failures: dict[UUID, AppError] = field(default_factory=dict)
    asked: list[tuple[UUID, UUID, Operation]] = field(default_factory=list)
    told: list[tuple[object, ...]] = field(default_factory=list)

    async def request_lease(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,  # noqa: ARG002 (a gateway sends nothing to the cloud)
    ) -> Lease:
        self.asked.append((org_id, location_id, operation))
        failure = self.failure or self.failures.get(location_id)
        if failure is not None:
            raise failure
        now = self.clock.now()
        days = [(now + timedelta(days=n)).date() for n in (-1, 0, 1)]
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=BUCKET,
            prefix="",
            grant=SigningKeys(
                "ASIAEXAMPLE",
                SecretStr("session"),
                {day: derive_signing_key(SECRET, day, BUCKET.region) for day in days},
            ),
            issued_at=now,
            expires_at=now + self.life,
            renew_at=now + self.life / 2,
        )

    async def open_browser_check(self, org_id: UUID, token: str) -> OpenedCheckBody:
        self.told.append((org_id, token))
        if self.failure is not None:
            raise self.failure
        return OpenedCheckBody(
            location_id=LOCATION_ID,
            key="photos/a b.jpg",
            is_image=True,
            origins=["https://app.example"],
            expires_at=self.clock.now() + timedelta(minutes=5),
        )

    async def tell_browser_check(
        self, org_id: UUID, token: str, *, origin: str | None, seen: SeenBody
    ) -> None:
        self.told.append((org_id, token, origin, seen))
        if self.failure is not None:
            raise self.failure


@dataclass(frozen=True)
class Shelf:
    """A dataset with assets, by key."""

    dataset_id: UUID
    location_id: UUID
    asset_ids: dict[str, UUID]


@asynccontextmanager
async def quiet(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
def vault(clock: FrozenClock) -> FakeVault:
    return FakeVault(clock)


@pytest.fixture
def gateway(
    database: Database, database_url: SecretStr, clock: FrozenClock, vault: FakeVault
) -> FastAPI:
    settings = Settings(database_url=database_url, service_key=SERVICE_KEY)
    app = build_app(
        Service("presign", "Gateway", "", routers, lifespan=quiet),
        settings,
        database=database,
        authenticator=Authenticator(database, clock, service="presign", service_key=SERVICE_KEY),
        clock=clock,
    )
    leases, signer = LeaseCache(vault.request_lease, clock), local_signer()
    app.state.presigner = Presigner(database, leases, signer, clock, window=settings.presign_window)
    app.state.browser_checks = BrowserChecks(vault, leases, signer, clock)
    return app


@pytest.fixture
async def viewer(gateway: FastAPI, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway), base_url="http://gateway", headers=tenant.headers
    ) as client:
        yield client


@pytest.fixture
async def shelf(database: Database, tenant: Tenant) -> Shelf:
    return await fill_shelf(
        database, tenant, {"a.jpg": "available", "gone.jpg": "missing", "cold.jpg": "archived"}
    )


async def fill_shelf(
    database: Database, tenant: Tenant, states: dict[str, str], *, beside: Shelf | None = None
) -> Shelf:
    """Store a dataset with one asset for each key; `beside` another shelf, in its dataset."""
    org_id, location_id, credential_id = tenant.org_id, uuid4(), uuid4()
    dataset_id = uuid4() if beside is None else beside.dataset_id
    asset_ids = {key: uuid4() for key in states}
    async with database.begin(org_id) as session:
        session.add(
            StorageCredential(
                credential_id=credential_id,
                org_id=org_id,
                name="role",
                provider="s3",
                method="assume_role",
                role_arn="arn:aws:iam::111122223333:role/mooring",
                external_id=str(uuid4()),
                path_style=False,
                secret_version=1,
            )
        )
        if beside is None:
            session.add(
                Dataset(dataset_id=dataset_id, org_id=org_id, name="images", hosting="self_hosted")
            )
        await session.flush()
        session.add(
            ExternalLocation(
                location_id=location_id,
                org_id=org_id,
                credential_id=credential_id,
                name="images",
                provider="s3",
                bucket=BUCKET.name,
                prefix="",
                region=BUCKET.region,
                origins=[],
            )
        )
        await session.flush()
        for key, state in states.items():
            session.add(
                Asset(
                    dataset_id=dataset_id,
                    asset_id=asset_ids[key],
                    org_id=org_id,
                    location_id=location_id,
                    key=key,
                    size=1,
                    etag="e",
                    last_modified=NOW,
                    storage_class="STANDARD",
                    state=state,
                )
            )
    return Shelf(dataset_id, location_id, asset_ids)
