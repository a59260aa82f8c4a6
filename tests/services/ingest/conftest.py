"""Ingest's API on the shared database, with a vault that a test scripts."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from pydantic import JsonValue, SecretStr

from services.ingest.main import create_app
from services.ingest.settings import Settings
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import AppError
from shared.problems import problem_of
from tests.conftest import SERVICE_KEY, WEBHOOK_KEY, Tenant
from tests.services.ingest.grounds import BUCKET, Ground, lay_ground
from tests.services.ingest.scenes import Scene

__all__ = ["BUCKET", "FakeVault", "Ground", "client_of", "lay_ground"]


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


@pytest.fixture
async def scene(database: Database, tenant: Tenant, place: Ground, clock: FrozenClock) -> Scene:
    return Scene(database, tenant.org_id, place, clock)


def client_of(app: FastAPI, tenant: Tenant) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://ingest", headers=tenant.headers
    )
