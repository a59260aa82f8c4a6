"""Imports: submitted, watched, cancelled. The workers do the rest (ranges.py)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.ingest.selectors import Selection, select_prefix, select_source_files
from shared.clock import Clock
from shared.database.datasets import get_dataset
from shared.database.external_locations import get_external_location
from shared.database.import_jobs import (
    ACTIVE,
    ImportJob,
    add_import_job,
    another_import,
    find_active_import,
    get_import_job,
    list_import_jobs,
)
from shared.database.import_ranges import add_import_range
from shared.database.queue import defer_walk
from shared.database.rejected_keys import RejectedKey, add_rejected_keys, list_rejected_keys
from shared.database.session import Database
from shared.database.source_files import add_source_files
from shared.errors import ConflictError, LocationNotVerifiedError
from shared.vault import VaultClient


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a caller asks for: everything below `prefix`, or the listed `source_files`."""

    dataset_id: UUID
    location_id: UUID
    prefix: str | None
    source_files: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Progress:
    """An import as it was `seen_at` that moment."""

    job: ImportJob
    seen_at: datetime

    @property
    def is_finished(self) -> bool:
        return self.job.state not in ACTIVE

    @property
    def elapsed(self) -> timedelta:
        """How long the import has run, or ran."""
        if self.job.started_at is None:
            return timedelta()
        return (self.job.finished_at or self.seen_at) - self.job.started_at

    @property
    def rate(self) -> float:
        """Objects listed per second of its running time."""
        seconds = self.elapsed.total_seconds()
        return self.job.listed / seconds if seconds > 0 else 0.0


class ImportJobs:
    """Serve an organization's imports. What belongs to another one raises NotFoundError."""

    def __init__(
        self, database: Database, vault: VaultClient, clock: Clock, *, access_max_age: timedelta
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._access_max_age = access_max_age

    async def submit(self, org_id: UUID, request: ImportRequest) -> Progress:
        """Queue an import.

        Raises LocationNotVerifiedError with the failed checks when access is not valid, and
        ConflictError while another import of the same dataset and location is not finished.
        """
        selection = await self._select(org_id, request)
        await self._require_access(org_id, request.location_id)
        return await self._store(org_id, request, selection)

    async def get(self, org_id: UUID, import_id: UUID) -> Progress:
        async with self._database.begin(org_id) as session:
            return self._seen(await get_import_job(session, import_id))

    async def list_imports(
        self, org_id: UUID, *, dataset_id: UUID | None, before: UUID | None, limit: int
    ) -> list[Progress]:
        """Return imports, newest first."""
        async with self._database.begin(org_id) as session:
            if dataset_id is not None:
                await get_dataset(session, dataset_id)
            jobs = await list_import_jobs(
                session, dataset_id=dataset_id, before=before, limit=limit
            )
            return [self._seen(job) for job in jobs]

    async def list_rejected_keys(
        self, org_id: UUID, import_id: UUID, *, after: bytes | None, limit: int
    ) -> Sequence[RejectedKey]:
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id)
            return await list_rejected_keys(session, job, after=after, limit=limit)

    async def cancel(self, org_id: UUID, import_id: UUID) -> Progress:
        """End an import; when this returns, nothing more of it is written.

        The lock waits for the page that is being applied, and the next one sees the state. Raise
        ConflictError for an import that has ended in another way.
        """
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id, lock=True)
            if job.state in ACTIVE:
                job.state, job.waiting_for, job.finished_at = "cancelled", None, self._clock.now()
            elif job.state != "cancelled":
                raise ConflictError(f"The import has {job.state} already.")
            return self._seen(job)

    async def _select(self, org_id: UUID, request: ImportRequest) -> Selection:
        async with self._database.begin(org_id) as session:
            await get_dataset(session, request.dataset_id)
            location = await get_external_location(session, request.location_id)
            active = await find_active_import(session, request.dataset_id, request.location_id)
        if request.source_files is None:
            selection = select_prefix(location, request.prefix)
        else:
            selection = select_source_files(location, request.source_files)
        if active is not None:
            raise another_import(active)
        return selection

    async def _require_access(self, org_id: UUID, location_id: UUID) -> None:
        verdict = await self._vault.verify_access(org_id, location_id, max_age=self._access_max_age)
        if not verdict.valid:
            raise LocationNotVerifiedError(
                "The location's access report is not valid: mend the failed checks first.",
                failed_checks=list(verdict.failed_checks),
            )

    async def _store(self, org_id: UUID, request: ImportRequest, selection: Selection) -> Progress:
        """Store the import, its range and the range's job: all of them or, in a crash, nothing."""
        async with self._database.begin(org_id) as session:
            await get_external_location(session, request.location_id)
            job = await add_import_job(
                session,
                org_id=org_id,
                dataset_id=request.dataset_id,
                location_id=request.location_id,
                selection=selection.kind,
                prefix=selection.prefix,
                source_files=len(selection.keys) + len(selection.rejections),
                rejected_by_code=Counter(each.code for each in selection.rejections),
            )
            await add_source_files(session, org_id, job.import_id, selection.keys)
            await add_rejected_keys(
                session,
                org_id=org_id,
                dataset_id=request.dataset_id,
                import_id=job.import_id,
                rejections=selection.rejections,
            )
            range_id = await add_import_range(session, org_id, job.import_id)
            await defer_walk(session, org_id=org_id, import_id=job.import_id, range_id=range_id)
            return self._seen(job)

    def _seen(self, job: ImportJob) -> Progress:
        return Progress(job, self._clock.now())
