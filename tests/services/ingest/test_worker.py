"""The worker process: it serves, stops in order, and survives its database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest
from pydantic import SecretStr

from deploy.local.ports import free_port
from deploy.local.postgres import start_postgres
from services.ingest import jobs as range_jobs
from services.ingest.ranges import RangeJob
from services.ingest.settings import Settings
from services.ingest.worker import GRACE_SECONDS, Worker
from shared.clock import SystemClock
from shared.database import migrate
from shared.database.import_jobs import ImportJob
from shared.database.queue import defer_walk
from shared.database.session import Database
from shared.errors import DatabaseUnavailableError
from shared.leases import Lease
from shared.storage.base import ListingPage, ObjectStore, UnorderedPage
from tests.conftest import SERVICE_KEY, add_tenant
from tests.services.ingest.bench import (
    FakeLeases,
    look_at_assets,
    look_at_import,
    look_at_queue,
    queue_import,
)
from tests.services.ingest.conftest import lay_ground
from tests.services.ingest.paged_stores import SmallPages, fill

CLOCK = SystemClock()
PATIENCE_SECONDS = 30


class GatedStore(SmallPages):
    """A store that lists up to a gate, and further when a test has opened it."""

    def __init__(self, keys: int, *, gate_after: int) -> None:
        super().__init__(page_size=1)
        self._gate_after = gate_after
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()
        fill(self, keys)

    async def before(self, page: ListingPage | UnorderedPage) -> None:
        assert isinstance(page, ListingPage)
        if page.after is not None and int(page.after) + 1 == self._gate_after:
            self.reached.set()
            await self.gate.wait()


def settings_for(url: SecretStr, **more: object) -> Settings:
    return Settings.model_validate(
        {
            "database_url": url,
            "service_key": SERVICE_KEY,
            "worker_heartbeat": timedelta(milliseconds=100),
            "worker_silence": timedelta(milliseconds=500),
            **more,
        }
    )


@asynccontextmanager
async def working(settings: Settings, store: ObjectStore) -> AsyncIterator[asyncio.Event]:
    """Run a worker over a store; yield the event that stops it."""

    @asynccontextmanager
    async def open_store(_lease: Lease) -> AsyncIterator[ObjectStore]:
        yield store

    stop = asyncio.Event()
    worker = Worker(settings, FakeLeases(CLOCK), open_store, CLOCK)
    running = asyncio.create_task(worker.run(stop))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield stop
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await running


async def submit(database: Database, *, is_urgent: bool = False) -> RangeJob:
    """Queue an import of a new tenant; urgent is the first job of one that was just begun."""
    tenant = await add_tenant(database)
    ground = await lay_ground(database, tenant.org_id)
    job = await queue_import(database, tenant.org_id, ground)
    async with database.begin(tenant.org_id) as session:
        await defer_walk(
            session,
            org_id=job.org_id,
            import_id=job.import_id,
            range_id=job.range_id,
            is_urgent=is_urgent,
        )
    return job


async def finish(database: Database, job: RangeJob) -> ImportJob:
    while True:
        with suppress(DatabaseUnavailableError):
            imported = await look_at_import(database, job)
            if imported.finished_at is not None:
                return imported
        await asyncio.sleep(0.05)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that the server's user can get through to its files."""
    with TemporaryDirectory(prefix="mooring-worker-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture
async def queued(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


async def test_a_worker_serves_what_is_queued_before_and_while_it_runs(
    own_database_url: SecretStr, queued: Database
) -> None:
    store = GatedStore(25, gate_after=99)
    jobs = [await submit(queued)]
    async with working(settings_for(own_database_url), store):
        await finish(queued, jobs[0])
        jobs.append(await submit(queued))
        done = [await finish(queued, job) for job in jobs]
    assert [(job.state, job.added) for job in done] == [("completed", 25)] * 2
    assert [await look_at_queue(queued, job) for job in jobs] == [[], []]


async def test_a_long_import_gives_its_place_to_others(
    own_database_url: SecretStr, queued: Database
) -> None:
    settings = settings_for(
        own_database_url, worker_concurrency=1, worker_slice=timedelta(milliseconds=1)
    )
    jobs = [await submit(queued) for _ in range(3)]
    async with working(settings, GatedStore(45, gate_after=99)):
        done = [await finish(queued, job) for job in jobs]
    assert [(job.state, job.added) for job in done] == [("completed", 45)] * 3
    started = [job.started_at for job in done]
    ended = [job.finished_at for job in done]
    assert max(filter(None, started)) < min(filter(None, ended))


async def test_a_small_import_that_begins_beside_a_big_one_gets_its_place(
    own_database_url: SecretStr, queued: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(range_jobs, "YIELDS_AFTER", timedelta())
    store = GatedStore(45, gate_after=15)
    big = await submit(queued)
    async with working(settings_for(own_database_url, worker_concurrency=1), store):
        await store.reached.wait()
        small = await submit(queued, is_urgent=True)
        store.gate.set()
        ended = [(await finish(queued, job)).finished_at for job in (small, big)]
    assert ended == sorted(filter(None, ended))


async def test_a_worker_that_is_stopped_takes_what_was_listed_and_leaves_the_rest_to_another(
    own_database_url: SecretStr, queued: Database
) -> None:
    store = GatedStore(25, gate_after=15)
    job = await submit(queued)
    began = monotonic()
    async with working(settings_for(own_database_url), store) as stop:
        await store.reached.wait()
        stop.set()
    assert monotonic() - began < GRACE_SECONDS
    left = await look_at_import(queued, job)
    waiting = [each["status"] for each in await look_at_queue(queued, job)]
    assert (left.state, left.added, waiting) == ("running", 15, ["todo"])
    store.gate.set()
    async with working(settings_for(own_database_url), store):
        done = await finish(queued, job)
    assert (done.state, done.added) == ("completed", 25)


async def test_an_import_goes_on_when_the_database_is_back(folder: Path) -> None:
    serve = partial(start_postgres, folder / "postgres", port=free_port(), durable=False)
    store = GatedStore(45, gate_after=15)
    with ExitStack() as servers:
        postgres = servers.enter_context(serve())
        migrate.upgrade(SecretStr(postgres.owner_url()))
        url = SecretStr(postgres.app_url())
        database = Database(url)
        job = await submit(database)
        async with working(settings_for(url), store):
            await store.reached.wait()
            servers.close()
            with pytest.raises(DatabaseUnavailableError):
                await look_at_import(database, job)
            servers.enter_context(serve())
            store.gate.set()
            done = await finish(database, job)
        assets = await look_at_assets(database, job.org_id, done.dataset_id)
        await database.close()
    assert (done.state, done.added, len(assets)) == ("completed", 45, 45)


async def test_a_worker_waits_for_its_database(folder: Path) -> None:
    serve = partial(start_postgres, folder / "postgres", port=free_port(), durable=False)
    with serve() as postgres:
        migrate.upgrade(SecretStr(postgres.owner_url()))
        url = SecretStr(postgres.app_url())
    with ExitStack() as servers:
        async with working(settings_for(url), GatedStore(3, gate_after=99)):
            servers.enter_context(serve())
            database = Database(url)
            done = await finish(database, await submit(database))
            await database.close()
    assert (done.state, done.added) == ("completed", 3)


async def test_a_worker_stops_though_a_driver_loses_the_cancellation(
    own_database_url: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def start(_database: Database) -> None:
        with suppress(asyncio.CancelledError):
            connecting.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(Database, "start", start)
    async with working(settings_for(own_database_url), GatedStore(1, gate_after=99)) as stop:
        await connecting.wait()
        stop.set()
