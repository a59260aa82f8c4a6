"""An ordeal: one import, while its workers die and sleep, its database restarts, its bucket storms.

    aftermath = await undergo(Ordeal(KeySpace("folders", 2_000_000), kills=200, …), seed=seed)

The seed decides what happens, and at how many keys; the machine, at which instruction of whom.
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import UUID

from services.ingest.main import create_app
from services.ingest.settings import Settings
from shared.database.import_jobs import ImportJob, get_import_job
from shared.database.session import Database
from shared.errors import DatabaseUnavailableError
from tests.chaos.crew import Crew, crew
from tests.chaos.server import Server, restartable_postgres
from tests.chaos.world import World, world
from tests.conftest import SERVICE_KEY, Tenant, add_tenant
from tests.emulators.key_space import KeySpace
from tests.services.ingest.conftest import client_of, lay_ground

LONGEST_NAP = 4.0  # twice the silence after which a worker is taken for dead
LONGEST_STORM = 2.0
LONGEST_DELAY = 0.1  # of a blow behind its moment, so that it meets all that a batch does
LOOK_SECONDS = 0.03
ALL = 1 << 60
LOG_LINES = 200  # shown when an ordeal fails


@dataclass(frozen=True)
class Ordeal:
    """What there is to import, and how often each thing happens to `workers` meanwhile.

    Small pages make small batches, so that few keys take many steps.
    """

    space: KeySpace
    page_size: int
    kills: int
    naps: int
    storms: int
    restarts: int
    workers: int
    seconds: float


@dataclass(frozen=True)
class Aftermath:
    """What is there when it is over.

    `keys` are the lines of the available assets' keys, `ranges` the bounds and states.
    """

    imported: ImportJob
    keys: bytes
    ranges: list[tuple[str | None, str | None, str]]
    jobs_left: int
    exits: list[int | None]
    spoiled: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.imported.listed:,} keys in {self.seconds:.0f} s, {len(self.ranges)} ranges,"
            f" {self.spoiled} spoiled pages"
        )


@dataclass(frozen=True)
class Course:
    """An ordeal that is going on."""

    ordeal: Ordeal
    chance: random.Random
    server: Server
    world: World
    crew: Crew
    database: Database
    tenant: Tenant
    import_id: UUID
    began: float = field(default_factory=monotonic)

    async def strike(self) -> None:
        """Deal all blows, each at its moment."""
        blows = self.blows()
        last = self.ordeal.space.length * 3 // 4  # ranges end together
        moments = sorted(self.chance.sample(range(1, last), k=len(blows)))
        for moment, blow in zip(moments, blows, strict=True):
            imported = await self.reach(moment)
            await asyncio.sleep(self.chance.uniform(0, LONGEST_DELAY))
            assert imported.state == "running", f"{imported.state}: {imported.failure_code}"
            print(f"{monotonic() - self.began:6.1f} s {imported.listed:>9,} {blow.__name__}")  # noqa: T201
            blow()

    def blows(self) -> list[Callable[[], None]]:
        """Return all that is to happen, in an order by chance."""
        ordeal = self.ordeal
        blows: list[Callable[[], None]] = [self.crew.kill_one] * ordeal.kills
        blows += [self.let_one_sleep] * ordeal.naps
        blows += [self.storm] * ordeal.storms
        blows += [self.restart] * ordeal.restarts
        self.chance.shuffle(blows)
        return blows

    def let_one_sleep(self) -> None:
        sleeper = self.crew.put_one_to_sleep()
        nap = self.chance.uniform(0, LONGEST_NAP)
        asyncio.get_running_loop().call_later(nap, self.crew.wake, sleeper)

    def storm(self) -> None:
        self.world.storm(seconds=self.chance.uniform(0, LONGEST_STORM))

    def restart(self) -> None:
        self.server.restart(self.chance.choice([signal.SIGINT, signal.SIGQUIT]))

    async def reach(self, keys: int) -> ImportJob:
        """Wait until the import has listed so many keys, or ended; only the database knows."""
        while True:
            with suppress(DatabaseUnavailableError):
                async with self.database.begin(self.tenant.org_id) as session:
                    imported = await get_import_job(session, self.import_id)
                if imported.listed >= keys or imported.finished_at is not None:
                    return imported
            await asyncio.sleep(LOOK_SECONDS)

    async def rest(self) -> None:
        """Wait until no range has a job any more."""
        while self.server.count_jobs():  # noqa: ASYNC110 (only the database knows)
            await asyncio.sleep(LOOK_SECONDS)


async def undergo(ordeal: Ordeal, *, seed: int) -> Aftermath:
    """Let an import undergo everything; raise TimeoutError when it takes too long."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    with (
        log_file() as log,
        restartable_postgres(log.parent / "postgres") as server,
        world(ordeal.space, ordeal.page_size, service_key=SERVICE_KEY, seed=seed) as around,
        crew(environment_of(server, around), log, chance, size=ordeal.workers) as workers,
    ):
        database = Database(server.url)
        tenant = await add_tenant(database)
        async with asyncio.timeout(ordeal.seconds):
            import_id = await submit(server, around, database, tenant)
            course = Course(ordeal, chance, server, around, workers, database, tenant, import_id)
            await course.strike()
            imported = await course.reach(ALL)
            seconds = monotonic() - course.began
            with suppress(TimeoutError):
                async with asyncio.timeout(ordeal.seconds / 3):
                    await course.rest()
        await database.close()
        exits = workers.dismiss()
        return Aftermath(
            imported=imported,
            keys=server.list_keys(),
            ranges=server.list_ranges(),
            jobs_left=server.count_jobs(),
            exits=exits,
            spoiled=around.count_spoiled(),
            seconds=seconds,
        )


async def submit(server: Server, around: World, database: Database, tenant: Tenant) -> UUID:
    ground = await lay_ground(database, tenant.org_id)
    settings = Settings(
        database_url=server.url, service_key=SERVICE_KEY, credentials_url=around.vault
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app, tenant) as caller:
        wanted = {"dataset_id": str(ground.dataset_id), "location_id": str(ground.location_id)}
        answer = await caller.post("/v1/imports", json=wanted)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["import_id"])


def environment_of(server: Server, around: World) -> dict[str, str]:
    """Return a worker's settings: everything that takes time is short."""
    return {
        "PATH": os.defpath,
        "MOORING_DATABASE_URL": server.url.get_secret_value(),
        "MOORING_SERVICE_KEY": SERVICE_KEY.get_secret_value(),
        "MOORING_CREDENTIALS_URL": around.vault,
        "MOORING_ALLOW_PRIVATE_ENDPOINTS": "true",
        "MOORING_WORKER_CONCURRENCY": "2",
        "MOORING_WORKER_SLICE": "PT2S",
        "MOORING_WORKER_HEARTBEAT": "PT0.2S",
        "MOORING_WORKER_SILENCE": "PT2S",
        "MOORING_WORKER_PATIENCE": "PT0.1S",
    }


@contextmanager
def log_file() -> Iterator[Path]:
    """Yield where the workers write, in a directory that everybody may pass; show it on failure."""
    with TemporaryDirectory(prefix="mooring-chaos-") as name:
        Path(name).chmod(0o711)
        log = Path(name, "workers.log")
        try:
            yield log
        except BaseException:
            print("\n".join(log.read_text().splitlines()[-LOG_LINES:]))  # noqa: T201
            raise
