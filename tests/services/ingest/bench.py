"""A worker's parts on a test's bench: imports without the vault."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue, SecretStr
from sqlalchemy import select, text

from services.ingest.jobs import RangeJobs
from services.ingest.merge import Merger
from services.ingest.object_reader import ObjectReader
from services.ingest.phases import apply_plan
from services.ingest.ranges import RangeJob
from services.ingest.splits import Splitter
from services.ingest.submission import begin_import
from services.ingest.walker import Walker
from services.ingest.walks.inventories import InventoryWalk
from services.ingest.walks.manifests import ManifestWalk
from services.ingest.walks.pages import MOST_ASSETS
from services.ingest.walks.probing import ProbeWalk
from shared.clock import Clock
from shared.database.assets import Asset
from shared.database.import_jobs import ImportJob, NewImport, get_import_job
from shared.database.import_progress import Counts
from shared.database.import_ranges import list_open_ranges
from shared.database.rejected_keys import Rejection
from shared.database.session import Database, Session
from shared.egress import EgressGuard
from shared.errors import AppError
from shared.lease_cache import LeaseCache
from shared.leases import Bucket, Lease, Operation, SessionKeys, SigningKeys
from shared.storage.base import ObjectStore
from shared.uris import Provider
from shared.vault import AccessVerdictBody
from tests.local_signing import local_signer, never_sign
from tests.services.ingest.grounds import BUCKET, Ground

LEASE_LIFE = timedelta(hours=1)
_NOWHERE = "http://127.0.0.1:9"  # a worker's reader is not to look for the bucket on the internet


@dataclass
class FakeLeases:
    """Vend a lease, another one once it was refused, or fail as the vault does.

    One to read is for a store that nobody can reach.
    """

    clock: Clock
    failure: AppError | None = None
    replaces: bool = True
    refused: list[datetime] = field(default_factory=list)
    valid: bool = True
    rechecked: list[UUID] = field(default_factory=list)

    async def request_recheck(self, org_id: UUID, location_id: UUID) -> bool:  # noqa: ARG002
        if self.failure is not None:
            raise self.failure
        self.rechecked.append(location_id)
        return True

    async def request_lease(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease:
        return await self.fetch(org_id, location_id, operation, refused=refused)

    sign_urls = staticmethod(never_sign)

    async def verify_access(
        self,
        org_id: UUID,  # noqa: ARG002 (the vault's words)
        location_id: UUID,  # noqa: ARG002
        *,
        max_age: timedelta,  # noqa: ARG002
    ) -> AccessVerdictBody:
        if self.failure is not None:
            raise self.failure
        return AccessVerdictBody(valid=self.valid, verified_at=self.clock.now(), failed_checks=[])

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
        token = SecretStr("session")
        reads = operation is Operation.READ
        return Lease(
            org_id=org_id,
            location_id=location_id,
            operation=operation,
            bucket=Bucket(Provider.S3, BUCKET, "eu-west-1", _NOWHERE if reads else None),
            prefix="",
            grant=SigningKeys("ASIAEXAMPLE", token, {now.date(): b"key"})
            if reads
            else SessionKeys("ASIAEXAMPLE", SecretStr("secret"), token),
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
    most_ranges: int = 1
    most_assets: int = MOST_ASSETS
    merger: Merger | None = None
    leases: FakeLeases = field(init=False)
    splitter: Splitter = field(init=False)
    jobs: RangeJobs = field(init=False)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        leases = LeaseCache(self.leases.fetch, self.clock)
        self.splitter = Splitter(self.database, self.clock, most_ranges=self.most_ranges)
        objects = ObjectReader(leases, local_signer(), EgressGuard(allow_private=True), self.clock)
        walker = Walker(
            self.database,
            leases=leases,
            open_store=self.open_store,
            merger=self.merger or Merger(self.database, self.clock),
            splitter=self.splitter,
            manifests=ManifestWalk(self.database, objects, self.clock),
            inventories=InventoryWalk(self.database, objects),
            probes=ProbeWalk(self.database, leases, self),
            most_assets=self.most_assets,
        )
        self.jobs = RangeJobs(
            self.database,
            walker,
            self.leases,
            self.clock,
            slice_length=self.slice_length,
            patience=timedelta(seconds=1),
            most_ranges=self.most_ranges,
            longest_answer=self.longest_answer,
        )

    @asynccontextmanager
    async def open_store(self, _lease: Lease) -> AsyncIterator[ObjectStore]:
        yield self.store

    async def probe(
        self,
        _lease: Lease,
        key: str,
        *,
        version_id: str | None = None,  # noqa: ARG002 (the store has the latest)
    ) -> None:
        """Read from the same store."""
        await self.store.read_range(key, 0, 1)


async def queue_import(
    database: Database,
    org_id: UUID,
    ground: Ground,
    *,
    prefix: str = "",
    source_files: Sequence[str] | None = None,
    rejections: Sequence[Rejection] = (),
    plan: str = "none",
    filters: dict[str, JsonValue] | None = None,
    max_missing_share: float = 0.2,
    pin_versions: bool = False,
) -> RangeJob:
    """Store an import as a submission does, and hand its first job to the test."""
    async with database.begin(org_id) as session:
        job = await begin_import(
            session,
            NewImport(
                org_id=org_id,
                dataset_id=ground.dataset_id,
                location_id=ground.location_id,
                selection="prefix" if source_files is None else "source_files",
                prefix=prefix,
                plan=plan,
                filters=filters,
                max_missing_share=max_missing_share,
                pin_versions=pin_versions,
            ),
            keys=source_files or (),
            rejections=rejections,
        )
        await take_jobs(session, job.import_id)
        (range_id,) = await list_open_ranges(session, job.import_id)
    return RangeJob(org_id, job.import_id, range_id)


async def take_jobs(session: Session, import_id: UUID) -> None:
    """Take an import's jobs out of the queue, as workers do."""
    await session.execute(text("SET LOCAL search_path TO procrastinate"))
    await session.execute(text(_TAKE_JOBS), {"import_id": str(import_id)})
    await session.execute(text("SET LOCAL search_path TO public"))


_TAKE_JOBS = "DELETE FROM procrastinate_jobs WHERE args->>'import_id' = :import_id"


async def finish(bench: Bench, job: RangeJob, *, agree: bool = True) -> ImportJob:
    """Run the jobs of an import's open ranges until it has none, or does not run any more.

    With `agree`, a plan that waits for a decision is applied.
    """
    while True:
        imported = await look_at_import(bench.database, job)
        async with bench.database.begin(job.org_id) as session:
            ranges = await list_open_ranges(session, job.import_id)
            if imported.state == "awaiting_decision" and agree:
                waiting = await get_import_job(session, job.import_id)
                waiting.state = "running"
                await apply_plan(session, waiting)
                continue
        if not ranges or imported.state not in ("queued", "running"):
            return imported
        for range_id in ranges:
            await bench.jobs.run(replace(job, range_id=range_id))
        imported = await look_at_import(bench.database, job)
        assert imported.waiting_for is None, f"It waits for ever: {imported.waiting_for}"


async def look_at_import(database: Database, job: RangeJob) -> ImportJob:
    async with database.begin(job.org_id) as session:
        return await get_import_job(session, job.import_id)


def counts_of(job: ImportJob) -> Counts:
    """Return an import's counts, which add up at every moment."""
    found = job.added + job.changed + job.moved + job.restored + job.unchanged
    assert job.listed == found + job.skipped + job.rejected
    return Counts(**{name: getattr(job, name) for name in asdict(Counts()) if name not in _PLANNED})


_PLANNED = {"source_files", "probed", "applied"}


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
