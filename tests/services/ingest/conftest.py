"""Ingest's API on the shared database, with a vault that a test scripts."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import JsonValue, SecretStr

from services.ingest.main import create_app
from services.ingest.settings import Settings
from shared.clock import FrozenClock
from shared.database.datasets import Dataset
from shared.database.external_locations import ExternalLocation
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from shared.errors import AppError
from shared.problems import problem_of
from tests.conftest import SERVICE_KEY, WEBHOOK_KEY, Tenant

BUCKET = "customer-images"


@dataclass
class FakeVault:
    """Answer verdicts as the vault does, or fail as it does."""

    clock: FrozenClock
    valid: bool = True
    failed_checks: list[JsonValue] = field(default_factory=list)
    failure: AppError | None = None
    asked: list[tuple[str, JsonValue]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, json.loads(request.content)))
        if self.failure is not None:
            problem = problem_of(self.failure)
            return httpx.Response(
                problem.status_code, content=bytes(problem.body), headers=dict(problem.headers)
            )
        verdict: dict[str, JsonValue] = {
            "valid": self.valid,
            "verified_at": self.clock.now().isoformat(),
            "failed_checks": self.failed_checks,
        }
        return httpx.Response(200, json=verdict)


@dataclass(frozen=True)
class Ground:
    """A dataset and an external location of one tenant."""

    dataset_id: UUID
    location_id: UUID


@pytest.fixture
def vault(clock: FrozenClock) -> FakeVault:
    return FakeVault(clock)


@pytest.fixture
async def ingest(
    database_url: SecretStr, clock: FrozenClock, vault: FakeVault
) -> AsyncIterator[FastAPI]:
    settings = Settings(
        database_url=database_url,
        service_key=SERVICE_KEY,
        webhook_key=WEBHOOK_KEY,
        progress_interval=timedelta(milliseconds=5),
    )
    http = httpx.AsyncClient(transport=httpx.MockTransport(vault.answer), base_url="http://vault")
    app = create_app(settings, clock=clock, http=http)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def caller(ingest: FastAPI, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(ingest, tenant) as client:
        yield client


@pytest.fixture
async def stranger(ingest: FastAPI, other_tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(ingest, other_tenant) as client:
        yield client


@pytest.fixture
async def ground(database: Database, tenant: Tenant) -> Ground:
    return await lay_ground(database, tenant.org_id, prefix="photos/")


@pytest.fixture
async def place(database: Database, tenant: Tenant) -> Ground:
    """A dataset and a location over a whole bucket."""
    return await lay_ground(database, tenant.org_id)


def client_of(app: FastAPI, tenant: Tenant) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://ingest", headers=tenant.headers
    )


async def lay_ground(database: Database, org_id: UUID, *, prefix: str = "") -> Ground:
    """Store a dataset, and a location over a prefix of the bucket."""
    dataset_id, location_id, credential_id = uuid4(), uuid4(), uuid4()
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
        session.add(
            Dataset(
                dataset_id=dataset_id,
                org_id=org_id,
                name=f"images {dataset_id}",
                hosting="self_hosted",
            )
        )
        await session.flush()
        session.add(
            ExternalLocation(
                location_id=location_id,
                org_id=org_id,
                credential_id=credential_id,
                name="images",
                provider="s3",
                bucket=BUCKET,
                prefix=prefix,
                region="eu-west-1",
                origins=[],
            )
        )
    return Ground(dataset_id, location_id)
