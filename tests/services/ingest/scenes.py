"""Scenes: a bucket, the dataset that follows it, and what a scenario does with the two."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.ingest.imports import ImportJobs
from services.ingest.ranges import RangeJob
from shared.clock import FrozenClock
from shared.database.asset_versions import AssetVersion
from shared.database.assets import Asset
from shared.database.import_changes import ImportChange
from shared.database.import_jobs import ImportJob
from shared.database.import_ranges import ImportRange, list_import_ranges, list_open_ranges
from shared.database.outbox_events import OutboxEvent
from shared.database.session import Database
from shared.vault import VaultClient
from tests.conftest import SERVICE_KEY
from tests.services.ingest.bench import (
    Bench,
    finish,
    look_at_assets,
    look_at_import,
    look_at_row_versions,
    queue_import,
    take_jobs,
)
from tests.services.ingest.grounds import Ground
from tests.services.ingest.paged_stores import SmallPages

BIG = 2_000  # bytes: more than a file that is too small to be known again by its content


def big(text: str) -> bytes:
    """Return a content of its own, large enough to be known again."""
    return text.encode().ljust(BIG, b".")


@dataclass
class Scene:
    """A dataset over a bucket of small pages, and a worker that takes one job at a time."""

    database: Database
    org_id: UUID
    ground: Ground
    clock: FrozenClock
    store: SmallPages = field(default_factory=lambda: SmallPages(1))
    bench: Bench = field(init=False)
    imports: ImportJobs = field(init=False)

    def __post_init__(self) -> None:
        self.bench = Bench(self.database, self.store, self.clock, slice_length=timedelta())
        nobody = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        vault = VaultClient(nobody, service="ingest", service_key=SERVICE_KEY, clock=self.clock)
        self.imports = ImportJobs(self.database, vault, self.clock, access_max_age=timedelta())

    def use(self, store: SmallPages) -> None:
        """List another store from now on."""
        self.store = self.bench.store = store

    async def begin(self, **what: Any) -> RangeJob:
        """Queue an import."""
        return await queue_import(self.database, self.org_id, self.ground, **what)

    async def sync(self, *, agree: bool = True, **what: Any) -> ImportJob:
        """Import the bucket as it is now, to the end; with `agree`, whatever goes missing."""
        return await finish(self.bench, await self.begin(**what), agree=agree)

    async def finish(self, job: RangeJob, *, agree: bool = True) -> ImportJob:
        return await finish(self.bench, job, agree=agree)

    async def step(self, job: RangeJob) -> ImportJob:
        """Run one job of the oldest open range, for as short as can be."""
        async with self.database.begin(self.org_id) as session:
            open_ranges = await list_open_ranges(session, job.import_id)
        if open_ranges:
            await self.bench.jobs.run(replace(job, range_id=open_ranges[0]))
        return await self.look(job)

    async def reach(self, job: RangeJob, phase: str, *, steps: int = 0) -> ImportJob:
        """Run an import's jobs until it is at a phase, and some more of them."""
        imported = await self.look(job)
        while imported.phase != phase:
            imported = await self.step(job)
        for _ in range(steps):
            imported = await self.step(job)
        assert imported.phase == phase
        return imported

    def job_of(self, imported: ImportJob) -> RangeJob:
        """Return what `finish` and `step` take for an import."""
        return RangeJob(self.org_id, imported.import_id, UUID(int=0))

    async def take_jobs(self, job: RangeJob) -> None:
        """Take an import's jobs out of the queue."""
        async with self.database.begin(self.org_id) as session:
            await take_jobs(session, job.import_id)

    async def look(self, job: RangeJob) -> ImportJob:
        return await look_at_import(self.database, job)

    async def assets(self) -> dict[str, Asset]:
        """Return the assets by key."""
        return await look_at_assets(self.database, self.org_id, self.ground.dataset_id)

    async def states(self) -> dict[str, str]:
        """Return each asset's state by key."""
        return {key: asset.state for key, asset in (await self.assets()).items()}

    async def ids(self) -> dict[str, UUID]:
        """Return each asset's id by key."""
        return {key: asset.asset_id for key, asset in (await self.assets()).items()}

    async def writers(self) -> dict[str, str]:
        """Return the transaction that wrote each asset's row last."""
        return await look_at_row_versions(self.database, self.org_id, self.ground.dataset_id)

    async def changes(self, job: RangeJob | ImportJob) -> list[tuple[str, str, str | None]]:
        """Return an import's changes in key order: kind, key, previous key."""
        return [(each.kind, each.key, each.previous_key) for each in await self.change_rows(job)]

    async def change_rows(self, job: RangeJob | ImportJob) -> Sequence[ImportChange]:
        return await self.imports.list_changes(
            self.org_id, job.import_id, kind=None, state=None, after=None, limit=10_000
        )

    async def history(self) -> list[AssetVersion]:
        """Return all earlier versions of the dataset's assets, oldest first by asset."""
        query = (
            select(AssetVersion)
            .where(AssetVersion.dataset_id == self.ground.dataset_id)
            .order_by(AssetVersion.asset_id, AssetVersion.version)
        )
        async with self.database.begin(self.org_id) as session:
            return list((await session.scalars(query)).all())

    async def ranges(self, job: RangeJob | ImportJob) -> Sequence[ImportRange]:
        async with self.database.begin(self.org_id) as session:
            return await list_import_ranges(session, job.import_id)

    async def events(self) -> list[str]:
        """Return the types of the organization's events, oldest first."""
        query = select(OutboxEvent.type).order_by(OutboxEvent.event_id)
        async with self.database.begin(self.org_id) as session:
            return list((await session.scalars(query)).all())


def counts_in(job: ImportJob, *names: str) -> dict[str, int]:
    """Return some of an import's counts."""
    return {name: getattr(job, name) for name in names}


def differences_in(job: ImportJob) -> dict[str, int]:
    """Return what an import found to differ, without what there was none of."""
    found = counts_in(job, "added", "changed", "moved", "restored", "missing")
    return {name: count for name, count in found.items() if count}
