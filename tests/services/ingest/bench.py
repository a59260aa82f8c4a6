"""A worker's parts on a test's bench: imports without the vault, stores in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select, text

from services.ingest.jobs import RangeJobs
from services.ingest.ranges import RangeJob
from shared.clock import Clock
from shared.database.assets import Asset
from shared.database.import_jobs import Counts, ImportJob, add_import_job, get_import_job
from shared.database.import_ranges import add_import_range
from shared.database.session import Database
from shared.database.source_files import add_source_files
from shared.errors import AppError
from shared.lease_cache import LeaseCache
from shared.leases import Bucket, Lease, Operation, SessionKeys
from shared.storage.base import MAX_PAGE_SIZE, ListingPage, ObjectRow, ObjectStore
from shared.storage.memory import MemoryStore
from shared.uris import Provider
from tests.services.ingest.conftest import BUCKET, Ground

LEASE_LIFE = timedelta(hours=1)


class SmallPages(MemoryStore):
    """A store whose pages hold few keys, so that few keys make many pages."""

    def __init__(self, page_size: int) -> None:
        super().__init__()
        self._page_size = page_size

    async def list_pages(
        self, prefix: str, *, after: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[ListingPage]:
        size = min(page_size, self._page_size)
        async for page in super().list_pages(prefix, after=after, page_size=size):
            yield page


class StuckStore(SmallPages):
    """A store of some keys that answers a number of requests at once, and then no more."""

    def __init__(self, keys: int, *, answers: int) -> None:
        super().__init__(page_size=1)
        self._answers = answers
        self.stuck = asyncio.Event()
        for number in range(keys):
            self.put(f"{number:03}")

    async def list_pages(
        self, prefix: str, *, after: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncIterator[ListingPage]:
        async for page in super().list_pages(prefix, after=after, page_size=page_size):
            await self._answer()
            yield page

    async def find_object(self, key: str) -> ObjectRow | None:
        await self._answer()
        return await super().find_object(key)

    async def _answer(self) -> None:
        if self._answers == 0:
            self.stuck.set()
            await asyncio.Event().wait()
        self._answers -= 1


@dataclass
class FakeLeases:
    """Vend a lease to list, another one once it was refused, or fail as the vault does."""

    clock: Clock
    failure: AppError | None = None
    replaces: bool = True
    refused: list[datetime] = field(default_factory=list)

    async def fetch(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease:
        if self.failure is not None:
            raise self.failure
        if refused is not None and self.replaces:
            self.refused.append(refused)
        now = self.clock.now() + timedelta(seconds=len(self.refused))
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=Bucket(Provider.S3, BUCKET, "eu-west-1"),
            prefix="",
            grant=SessionKeys("ASIAEXAMPLE", SecretStr("secret"), SecretStr("session")),
            issued_at=now,
            expires_at=now + LEASE_LIFE,
            renew_at=now + LEASE_LIFE / 2,
        )


@dataclass
class Bench:
    """One worker's jobs over one store."""

    database: Database
    store: ObjectStore
    clock: Clock
    slice_length: timedelta = timedelta(minutes=1)
    longest_answer: timedelta = timedelta(minutes=1)
    leases: FakeLeases = field(init=False)
    jobs: RangeJobs = field(init=False)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        self.jobs = RangeJobs(
            self.database,
            LeaseCache(self.leases.fetch, self.clock),
            self.open_store,
            self.clock,
            slice_length=self.slice_length,
            patience=timedelta(seconds=1),
            longest_answer=self.longest_answer,
        )

    @asynccontextmanager
    async def open_store(self, _lease: Lease) -> AsyncIterator[ObjectStore]:
        yield self.store


async def queue_import(
    database: Database,
    org_id: UUID,
    ground: Ground,
    *,
    prefix: str = "",
    source_files: Sequence[str] | None = None,
) -> RangeJob:
    """Store an import as a submission does, and hand its job to the test."""
    async with database.begin(org_id) as session:
        job = await add_import_job(
            session,
            org_id=org_id,
            dataset_id=ground.dataset_id,
            location_id=ground.location_id,
            selection="prefix" if source_files is None else "source_files",
            prefix=prefix,
            source_files=len(source_files or ()),
        )
        await add_source_files(session, org_id, job.import_id, source_files or ())
        range_id = await add_import_range(session, org_id, job.import_id)
    return RangeJob(org_id, job.import_id, range_id)


async def look_at_import(database: Database, job: RangeJob) -> ImportJob:
    async with database.begin(job.org_id) as session:
        return await get_import_job(session, job.import_id)


def counts_of(job: ImportJob) -> Counts:
    """Return an import's counts, which add up at every moment."""
    assert job.listed == job.added + job.changed + job.restored + job.unchanged + job.rejected
    return Counts(**{name: getattr(job, name) for name in asdict(Counts())})


def outcome(job: ImportJob) -> tuple[str, str | None, str | None, int]:
    return job.state, job.waiting_for, job.failure_code, job.added


async def look_at_assets(database: Database, org_id: UUID, dataset_id: UUID) -> dict[str, Asset]:
    """Return a dataset's assets by key; fail when a key is there twice."""
    async with database.begin(org_id) as session:
        rows = await session.scalars(select(Asset).where(Asset.dataset_id == dataset_id))
        assets = rows.all()
    by_key = {asset.key: asset for asset in assets}
    assert len(by_key) == len(assets)
    return by_key


async def look_at_row_versions(
    database: Database, org_id: UUID, dataset_id: UUID
) -> dict[str, str]:
    """Return the transaction that wrote each asset's row last, by key."""
    async with database.begin(org_id) as session:
        found = await session.execute(
            text("SELECT key, xmin::text AS writer FROM asset WHERE dataset_id = :dataset_id"),
            {"dataset_id": dataset_id},
        )
        return {row.key: row.writer for row in found}


async def look_at_queue(database: Database, job: RangeJob) -> list[dict[str, Any]]:
    """Return the jobs of a range: status, tries, and the seconds that each was put off."""
    async with database.begin(job.org_id) as session:
        found = await session.execute(
            text(
                "SELECT status::text, (args->>'tries')::int AS tries,"
                " extract(epoch FROM scheduled_at - at)::int AS due_in"
                " FROM procrastinate.procrastinate_jobs job"
                " JOIN procrastinate.procrastinate_events event"
                " ON event.job_id = job.id AND event.type = 'deferred'"
                " WHERE args->>'range_id' = :range_id ORDER BY job.id"
            ),
            {"range_id": str(job.range_id)},
        )
        return [dict(row._mapping) for row in found]
