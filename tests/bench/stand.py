"""The stand that imports are measured on: Postgres, a vault, ingest's API and real workers.

Only the API and SQL of Postgres itself are used, so that a bench measures what users get and
outlives every change behind the API.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from pydantic import SecretStr

from deploy.local.postgres import Postgres, start_postgres
from services.ingest.main import create_app
from services.ingest.settings import Settings
from shared.database import migrate
from shared.database.session import Database
from shared.leases import Bucket
from shared.uris import Provider
from tests.bench.programs import ROOT, PageServer, page_server
from tests.bench.usage import Usage, cpu_seconds, family_cpu_seconds
from tests.bench.vault import BenchVault, serve_vault
from tests.conftest import SERVICE_KEY, Tenant, add_tenant
from tests.services.ingest.conftest import lay_ground

POLLING_SECONDS = 0.1
_WORKERS = "SELECT count(*) FROM procrastinate.procrastinate_workers"
_BUSY = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'doing'"
_WRITTEN = (
    "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables"
    " WHERE relname IN ('asset', 'asset_version', 'import_change')"
)


class ImportBrokenError(Exception):
    """An import of the bench did not do what it should."""


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset, and a location over a bucket of the page server."""

    dataset_id: UUID
    location_id: UUID


@dataclass(frozen=True, slots=True)
class Imported:
    """An import that has come to its end."""

    counts: dict[str, int]
    created_at: datetime
    started_at: datetime
    finished_at: datetime

    @property
    def rate(self) -> float:
        """Objects per second from the submission to the end."""
        return self.counts["listed"] / (self.finished_at - self.created_at).total_seconds()

    @property
    def wait(self) -> float:
        """Seconds from the submission to the start."""
        return (self.started_at - self.created_at).total_seconds()


@dataclass
class Stand:
    """One database with its API; workers come and go."""

    pages: PageServer
    postgres: Postgres
    database: str
    tenant: Tenant
    assets: Database
    api: httpx.AsyncClient
    vault: BenchVault
    vault_url: str
    log: Path
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def add_place(self, bucket: str) -> Place:
        ground = await lay_ground(self.assets, self.tenant.org_id)
        place = Place(ground.dataset_id, ground.location_id)
        self.connect(place, bucket)
        return place

    def connect(self, place: Place, bucket: str) -> None:
        """Let a place be this bucket for all workers that start from now on."""
        self.vault.buckets[place.location_id] = Bucket(
            Provider.S3, bucket, "us-east-1", self.pages.endpoint, path_style=True
        )

    async def submit(self, place: Place) -> str:
        body = {"dataset_id": str(place.dataset_id), "location_id": str(place.location_id)}
        answer = await self.api.post("/v1/imports", json=body)
        answer.raise_for_status()
        return str(answer.json()["import_id"])

    async def look_at(self, import_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"/v1/imports/{import_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def finish(self, import_id: str) -> Imported:
        """Wait until an import is completed."""
        found = await self.look_at(import_id)
        while found["finished_at"] is None:
            await asyncio.sleep(POLLING_SECONDS)
            found = await self.look_at(import_id)
        if found["state"] != "completed":
            raise ImportBrokenError(f"The import has {found['state']}: {found['failure']}")
        return Imported(
            found["counts"],
            datetime.fromisoformat(found["created_at"]),
            datetime.fromisoformat(found["started_at"]),
            datetime.fromisoformat(found["finished_at"]),
        )

    async def import_all(self, place: Place, *, keys: int, expected: str = "added") -> Imported:
        """Import what a place holds: so many keys, each of which is counted as expected."""
        imported = await self.finish(await self.submit(place))
        if imported.counts["listed"] != keys or imported.counts[expected] != keys:
            raise ImportBrokenError(f"The import has found {imported.counts}.")
        return imported

    async def cancel(self, import_id: str) -> None:
        answer = await self.api.post(f"/v1/imports/{import_id}/cancel")
        answer.raise_for_status()

    async def fill_places(self, places: int, import_id: str) -> None:
        """Wait until an import has taken all places of the workers; it must still run."""
        while self.ask(_BUSY) < places:
            if (await self.look_at(import_id))["finished_at"] is not None:
                raise ImportBrokenError("The import has ended before all was measured.")
            await asyncio.sleep(POLLING_SECONDS)

    @asynccontextmanager
    async def crew(self, size: int, **settings: str) -> AsyncIterator[None]:
        """Run workers with these settings beside their defaults; all are ready at the start."""
        with self.log.open("ab") as log:
            for _ in range(size):
                self.workers.append(
                    await asyncio.create_subprocess_exec(
                        sys.executable,
                        "-m",
                        "services.ingest.worker",
                        cwd=ROOT,
                        env=self._environment() | settings,
                        stdout=log,
                        stderr=log,
                    )
                )
        try:
            while self.ask(_WORKERS) < size:
                await asyncio.sleep(POLLING_SECONDS)
                self._require_alive()
            yield
            self._require_alive()
        finally:
            await self._dismiss()

    async def _dismiss(self) -> None:
        for worker in self.workers:
            if worker.returncode is None:
                worker.terminate()
        await asyncio.gather(*(worker.wait() for worker in self.workers))
        self.workers.clear()
        self.ask("WITH gone AS (DELETE FROM procrastinate.procrastinate_workers) SELECT 0")

    def _require_alive(self) -> None:
        if any(worker.returncode is not None for worker in self.workers):
            raise ImportBrokenError(f"A worker has ended:\n{self.log.read_text()}")

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "MOORING_DATABASE_URL": self.postgres.app_url(self.database),
            "MOORING_SERVICE_KEY": SERVICE_KEY.get_secret_value(),
            "MOORING_CREDENTIALS_URL": self.vault_url,
            "MOORING_ALLOW_PRIVATE_ENDPOINTS": "true",
            "MOORING_LOG_LEVEL": "warning",
        }

    def ask(self, query: str) -> int:
        """Return the one number that a query of the superuser's gives."""
        url = self.postgres.superuser_url(self.database)
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(query.encode()).fetchone()
        assert found is not None
        return int(found[0])

    def rows_written(self) -> int:
        """Return how many rows were ever written to assets, their versions and planned changes.

        Postgres has counted all once the connections are closed: the workers must have ended.
        """
        return self.ask(_WRITTEN)

    def usage(self) -> Usage:
        return Usage(
            {
                "workers": sum(cpu_seconds(worker.pid) for worker in self.workers),
                "postgres": family_cpu_seconds(self.postgres.pid),
                "page server": cpu_seconds(self.pages.pid),
            }
        )


@dataclass(frozen=True, slots=True)
class Hall:
    """What all stands share: the page server and the Postgres server."""

    pages: PageServer
    postgres: Postgres
    directory: Path

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """Open a stand with a database of its own, which is dropped at the end."""
        name = f"bench_{uuid4().hex}"
        self._administer(f"CREATE DATABASE {name} OWNER mooring_owner")
        migrate.upgrade(SecretStr(self.postgres.owner_url(name)))
        vault = BenchVault(SERVICE_KEY)
        async with AsyncExitStack() as stack:
            stack.callback(self._administer, f"DROP DATABASE {name} WITH (FORCE)")
            vault_url = await stack.enter_async_context(serve_vault(vault))
            url = SecretStr(self.postgres.app_url(name))
            assets = Database(url)
            stack.push_async_callback(assets.close)
            tenant = await add_tenant(assets)
            app = create_app(
                Settings(
                    database_url=url,
                    service_key=SERVICE_KEY,
                    credentials_url=vault_url,
                    log_level="warning",
                )
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            api = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app),
                    base_url="http://ingest",
                    headers=tenant.headers,
                )
            )
            log = self.directory / f"{name}.log"
            yield Stand(self.pages, self.postgres, name, tenant, assets, api, vault, vault_url, log)

    def _administer(self, statement: str) -> None:
        with psycopg.connect(self.postgres.superuser_url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@asynccontextmanager
async def open_hall() -> AsyncIterator[Hall]:
    """Start the servers; everything is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            os.chmod(directory, 0o711)  # noqa: PTH101, S103 (for the server's user)
        with start_postgres(directory / "postgres") as postgres:
            async with page_server() as pages:
                yield Hall(pages, postgres, directory)
