"""Imports from a store that fails: the API and a worker of ingest here, the rest over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy import select, text

from services.ingest.main import create_app
from services.ingest.settings import Settings
from services.ingest.worker import Worker
from shared.clock import SystemClock
from shared.database.assets import Asset
from shared.database.import_ranges import list_import_ranges
from shared.database.session import Database
from shared.egress import EgressGuard
from shared.errors import DatabaseUnavailableError
from shared.leases import Bucket, Lease, SessionKeys
from shared.storage.base import ObjectStore
from shared.storage.s3 import S3Store
from shared.uris import Provider
from shared.vault import VaultClient, vault_http
from tests.conftest import SERVICE_KEY, Tenant, add_tenant
from tests.emulators.faulty_store import FaultyStore, faulty_store
from tests.emulators.lease_server import lease_server
from tests.emulators.listing_server import ListingServer
from tests.services.ingest.conftest import BUCKET, Ground, client_of, lay_ground

CLOCK = SystemClock()
ON_PREMISES = EgressGuard(allow_private=True)
PATIENCE_SECONDS = 60
_TIME_FLIES = text(
    "UPDATE procrastinate.procrastinate_jobs SET scheduled_at = NULL"
    " WHERE status = 'todo' AND scheduled_at > now()"
)

Body = dict[str, Any]


@dataclass(frozen=True)
class FaultyImports:
    """A tenant's dataset and location, and the store that the location is at."""

    database: Database
    tenant: Tenant
    ground: Ground
    store: FaultyStore
    caller: httpx.AsyncClient

    async def submit(self) -> Body:
        wanted = {
            "dataset_id": str(self.ground.dataset_id),
            "location_id": str(self.ground.location_id),
        }
        answer = await self.caller.post("/v1/imports", json=wanted)
        assert answer.status_code == 202, answer.text
        body: Body = answer.json()
        return body

    async def retry(self, failed: Body) -> Body:
        answer = await self.caller.post(f"/v1/imports/{failed['import_id']}/retry")
        assert answer.status_code == httpx.codes.OK, answer.text
        body: Body = answer.json()
        return body

    async def until(self, begun: Body, wanted: Callable[[Body], bool]) -> Body:
        """Look at an import until it is as wanted; what it waits for passes at once."""
        while True:
            with suppress(DatabaseUnavailableError):
                answer = await self.caller.get(f"/v1/imports/{begun['import_id']}")
                if answer.status_code == httpx.codes.OK and wanted(answer.json()):
                    body: Body = answer.json()
                    return body
                async with self.database.begin(self.tenant.org_id) as session:
                    await session.execute(_TIME_FLIES)
            await asyncio.sleep(0.02)

    async def finish(self, begun: Body) -> Body:
        return await self.until(begun, lambda body: body["finished_at"] is not None)

    async def run(self) -> Body:
        return await self.finish(await self.submit())

    async def states(self) -> dict[str, str]:
        """Return the state of each asset by its key."""
        async with self.database.begin(self.tenant.org_id) as session:
            found = await session.scalars(
                select(Asset).where(Asset.dataset_id == self.ground.dataset_id)
            )
            assets = found.all()
        states = {asset.key: asset.state for asset in assets}
        assert len(states) == len(assets)
        return states

    async def cursors(self, begun: Body) -> list[str | None]:
        """Return how far each range came that is not done."""
        async with self.database.begin(self.tenant.org_id) as session:
            ranges = await list_import_ranges(session, UUID(begun["import_id"]))
        return [each.cursor for each in ranges if each.state == "open"]


def counts(body: Body) -> dict[str, int]:
    """Return what an import counted, without the zeros."""
    return {name: count for name, count in body["counts"].items() if count}


@asynccontextmanager
async def faulty_imports(
    url: SecretStr, listing: ListingServer, *, attempts: int = 1
) -> AsyncIterator[FaultyImports]:
    """Serve imports from a store that is told to fail; the SDK asks it so many times for a page."""
    database = Database(url)
    tenant = await add_tenant(database)
    ground = await lay_ground(database, tenant.org_id)
    async with faulty_store(listing.list_objects) as store:
        bucket = Bucket(Provider.S3, BUCKET, "eu-west-1", store.endpoint, path_style=True)
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            lease_server(SERVICE_KEY, bucket) as vault,
            serving(url, vault, tenant, attempts=attempts) as caller,
        ):
            yield FaultyImports(database, tenant, ground, store, caller)
    await database.close()


@asynccontextmanager
async def serving(
    url: SecretStr, vault: str, tenant: Tenant, *, attempts: int
) -> AsyncIterator[httpx.AsyncClient]:
    """Run ingest's API and a worker; yield the tenant's client."""
    settings = Settings.model_validate(
        {
            "database_url": url,
            "service_key": SERVICE_KEY,
            "credentials_url": vault,
            "log_level": "error",
            "worker_heartbeat": "PT0.1S",
            "worker_silence": "PT4S",
            "worker_patience": "PT0.01S",
            "worker_ranges_per_location": 1,  # never split, so that faults meet pages, not probes
        }
    )

    def open_store(lease: Lease) -> ObjectStore:
        assert isinstance(lease.grant, SessionKeys)
        return S3Store(lease.bucket, lease.grant, egress=ON_PREMISES, attempts=attempts)

    app = create_app(settings, clock=CLOCK)
    async with (
        vault_http(vault) as http,
        app.router.lifespan_context(app),
        client_of(app, tenant) as caller,
    ):
        client = VaultClient(http, service="ingest", service_key=SERVICE_KEY, clock=CLOCK)
        stop = asyncio.Event()
        worker = Worker(settings, client, open_store, CLOCK)
        running = asyncio.create_task(worker.run(stop))
        try:
            yield caller
        finally:
            stop.set()
            await running
