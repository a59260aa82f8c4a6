"""Workers die and sleep in the middle of an import; the assets are exactly the bucket's keys."""

import asyncio
import os
import random
import secrets
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from services.ingest.ranges import RangeJob
from shared.database.assets import Asset
from shared.database.import_jobs import Counts, ImportJob
from shared.database.queue import defer_walk
from shared.database.session import Database
from shared.leases import Bucket
from shared.uris import Provider
from tests.conftest import SERVICE_KEY, add_tenant
from tests.emulators.lease_server import lease_server
from tests.emulators.listing_server import ListingServer, listing_server
from tests.services.ingest.bench import counts_of, look_at_import, queue_import
from tests.services.ingest.conftest import BUCKET, lay_ground

KEYS = 50_000
KILLS = 10
SLEEPS = 2
WORKERS = 3
DEADLINE_SECONDS = 100
ROOT = Path(__file__).parents[2]
RUNNING = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'doing'"


@dataclass
class Crew:
    """Worker processes by name; a name is used once."""

    environment: dict[str, str]
    members: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    hired: int = 0

    async def hire(self) -> None:
        self.hired += 1
        name = f"worker-{self.hired}"
        self.members[name] = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.ingest.worker",
            cwd=ROOT,
            env=self.environment | {"AWS_SDK_UA_APP_ID": name},
        )

    async def kill(self, name: str) -> None:
        victim = self.members.pop(name)
        victim.send_signal(signal.SIGKILL)
        assert await victim.wait() == -signal.SIGKILL

    async def dismiss(self) -> list[int]:
        for each in self.members.values():
            each.send_signal(signal.SIGCONT)
            each.send_signal(signal.SIGTERM)
        return [await each.wait() for each in self.members.values()]


@asynccontextmanager
async def crew(database_url: SecretStr, vault: str) -> AsyncIterator[Crew]:
    hired = Crew(
        {
            "PATH": os.defpath,
            "MOORING_DATABASE_URL": database_url.get_secret_value(),
            "MOORING_SERVICE_KEY": SERVICE_KEY.get_secret_value(),
            "MOORING_CREDENTIALS_URL": vault,
            "MOORING_ALLOW_PRIVATE_ENDPOINTS": "true",
            "MOORING_LOG_LEVEL": "warning",
            "MOORING_WORKER_CONCURRENCY": "2",
            "MOORING_WORKER_SLICE": "PT2S",
            "MOORING_WORKER_HEARTBEAT": "PT0.2S",
            "MOORING_WORKER_SILENCE": "PT1S",
        }
    )
    try:
        yield hired
    finally:
        for each in hired.members.values():
            if each.returncode is None:
                each.kill()
                await each.wait()


@pytest.fixture
async def database(own_database_url: SecretStr) -> AsyncIterator[Database]:
    opened = Database(own_database_url)
    yield opened
    await opened.close()


async def test_an_import_survives_ten_killed_workers_and_two_that_only_slept(
    own_database_url: SecretStr, database: Database
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 (pytest shows it when the test fails)
    chance = random.Random(seed)  # noqa: S311 (no secret)
    keys = {f"scans/{number % 97:02}/{chance.randrange(10**6)}-{number}" for number in range(KEYS)}
    tenant = await add_tenant(database)
    ground = await lay_ground(database, tenant.org_id)
    job = await queue_import(database, tenant.org_id, ground)
    async with database.begin(tenant.org_id) as session:
        await defer_walk(session, org_id=job.org_id, import_id=job.import_id, range_id=job.range_id)

    async with (
        listing_server(keys, page_size=250, latency=0.02) as store,
        lease_server(
            SERVICE_KEY, Bucket(Provider.S3, BUCKET, "eu-west-1", store.endpoint, path_style=True)
        ) as vault,
        crew(own_database_url, vault) as workers,
        asyncio.timeout(DEADLINE_SECONDS),
    ):
        for _ in range(WORKERS):
            await workers.hire()
        blows = ["kill"] * KILLS + ["sleep"] * SLEEPS
        chance.shuffle(blows)
        moments = sorted(chance.randrange(1, KEYS - 10_000) for _ in blows)
        for blow, moment in zip(blows, moments, strict=True):
            await reach(database, job, moment)
            await asyncio.sleep(chance.uniform(0, 0.2))
            assert (await look_at_import(database, job)).state == "running"
            await strike(workers, store, blow, chance)
        imported = await reach(database, job, KEYS)
        exits = await workers.dismiss()

    assert (imported.state, imported.failure_code) == ("completed", None)
    assert counts_of(imported) == Counts(listed=KEYS, added=KEYS)
    async with database.begin(tenant.org_id) as session:
        found = Counter(await session.scalars(select(Asset.key)))
        states = set(await session.scalars(select(Asset.state)))
        running = await session.scalar(text(RUNNING))
    assert found == Counter(keys)
    assert states == {"available"}
    assert (set(exits), running) == ({0}, 0)


async def reach(database: Database, job: RangeJob, keys: int) -> ImportJob:
    """Wait until the import has listed this many keys, or ended; only the database knows."""
    while True:
        imported = await look_at_import(database, job)
        if imported.listed >= keys or imported.finished_at is not None:
            return imported
        await asyncio.sleep(0.02)


async def strike(workers: Crew, store: ListingServer, blow: str, chance: random.Random) -> None:
    """Hit the worker that lists at this moment; another one of them must take over."""
    at_work = store.last_lister
    if at_work is None or at_work not in workers.members:
        at_work = chance.choice(list(workers.members))
    if blow == "kill":
        await workers.kill(at_work)
        await workers.hire()
    else:
        sleeper = workers.members[at_work]
        sleeper.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(2.5, wake, sleeper)


def wake(sleeper: asyncio.subprocess.Process) -> None:
    if sleeper.returncode is None:
        sleeper.send_signal(signal.SIGCONT)
