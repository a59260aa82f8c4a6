"""Imports: submitted, watched, paused, decided, cancelled. The workers do the rest (jobs.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.ingest.access import require_access
from services.ingest.filters import Filters
from services.ingest.manifests.formats import ManifestFormat
from services.ingest.phases import apply_plan
from services.ingest.pinning import require_versions
from services.ingest.selectors import (
    Selection,
    select_by_source,
    select_inventory,
    select_prefix,
    select_source_files,
)
from services.ingest.sources import (
    InventoryReport,
    ManifestObject,
    Source,
    UploadedManifest,
    store_source,
)
from services.ingest.submission import begin_import
from shared.clock import Clock
from shared.database.dataset_sources import remember_source
from shared.database.datasets import get_dataset
from shared.database.external_locations import get_external_location
from shared.database.import_changes import ImportChange, list_import_changes
from shared.database.import_jobs import (
    ACTIVE,
    ImportJob,
    NewImport,
    another_import,
    find_active_import,
    get_import_job,
    has_newer_import,
    list_import_jobs,
    lock_place,
    reach_of,
)
from shared.database.import_ranges import list_open_ranges
from shared.database.manifests import get_manifest
from shared.database.queue import defer_walk
from shared.database.rejected_keys import RejectedKey, list_rejected_keys
from shared.database.session import Database, Session
from shared.errors import ConflictError
from shared.vault import VaultClient

Decision = Literal["apply", "discard"]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a caller asks for: everything below `prefix`, or the listed `source_files`.

    They are listed here, or in an uploaded manifest, or in one that is an object of the location.
    """

    dataset_id: UUID
    location_id: UUID
    prefix: str | None = None
    source_files: Sequence[str] | None = None
    manifest_id: UUID | None = None
    manifest: ManifestObject | None = None
    inventory: InventoryReport | None = None
    filters: Filters | None = None
    pin_versions: bool = False
    dry_run: bool = False
    max_missing_share: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """An import as it was `seen_at` that moment."""

    job: ImportJob
    seen_at: datetime

    @property
    def is_finished(self) -> bool:
        """Say whether nothing more happens to it by itself."""
        return self.job.state not in ACTIVE or self.job.state == "awaiting_decision"

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

    @property
    def remaining(self) -> timedelta | None:
        """How long it may still list, if as much is there as the last time; None if unknown."""
        expected = self.job.source_files or self.job.expected
        if self.job.state != "running" or not expected or self.rate == 0:
            return None
        return timedelta(seconds=max(0, expected - self.job.listed) / self.rate)


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

        Raises LocationNotVerifiedError with the failed checks when access is not valid,
        InvalidInputError where versions cannot be pinned, and ConflictError while another import
        that may touch the same keys is not finished.
        """
        selection = await self._select(org_id, request)
        if request.inventory is not None:
            where = request.inventory.location_id
            await require_access(self._vault, org_id, where, max_age=self._access_max_age)
        await require_access(self._vault, org_id, request.location_id, max_age=self._access_max_age)
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

    async def list_changes(
        self,
        org_id: UUID,
        import_id: UUID,
        *,
        kind: str | None,
        state: str | None,
        unreadable: bool | None = None,
        after: str | None,
        limit: int,
    ) -> Sequence[ImportChange]:
        """Return what an import with a plan found to differ, in key order."""
        async with self._database.begin(org_id) as session:
            await get_import_job(session, import_id)
            return await list_import_changes(
                session,
                import_id,
                kind=kind,
                state=state,
                unreadable=unreadable,
                after=after,
                limit=limit,
            )

    async def cancel(self, org_id: UUID, import_id: UUID) -> Progress:
        """End an import; when this returns, nothing more of it is written.

        The lock waits for the page that is being applied, and the next one sees the state. Raise
        ConflictError for an import that has ended in another way.
        """
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id, lock=True)
            if job.state in ACTIVE:
                self._end(job, "cancelled")
            elif job.state != "cancelled":
                raise _cannot(job)
            return self._seen(job)

    async def pause(self, org_id: UUID, import_id: UUID) -> Progress:
        """Let an import rest where it is. Raise ConflictError unless it runs or is queued."""
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id, lock=True)
            if job.state in ("queued", "running"):
                job.state, job.waiting_for = "paused", None
            elif job.state != "paused":
                raise _cannot(job)
            return self._seen(job)

    async def resume(self, org_id: UUID, import_id: UUID) -> Progress:
        """Let a paused import go on. Raise ConflictError for one that does not rest."""
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id, lock=True)
            if job.state == "paused":
                await self._go_on(session, job)
            elif job.state not in ("queued", "running"):
                raise _cannot(job)
            return self._seen(job)

    async def retry(self, org_id: UUID, import_id: UUID) -> Progress:
        """Let a failed import go on where it was.

        Raise ConflictError for one that has not failed, and when another import of the same keys
        was submitted since: what this one found may not be true any more.
        """
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id)
            await lock_place(session, job.dataset_id, job.location_id)
            job = await get_import_job(session, import_id, lock=True)
            if job.state != "failed":
                raise ConflictError(f"Only a failed import is tried again, not a {job.state} one.")
            await get_external_location(session, job.location_id)
            if await has_newer_import(session, job):
                raise ConflictError("A later import has looked at these keys: import again.")
            job.failure_code = job.failure_detail = job.finished_at = None
            await self._go_on(session, job)
            return self._seen(job)

    async def decide(self, org_id: UUID, import_id: UUID, decision: Decision) -> Progress:
        """Apply or discard what an import has planned.

        Raise ConflictError for an import that does not wait for that.
        """
        async with self._database.begin(org_id) as session:
            job = await get_import_job(session, import_id, lock=True)
            if job.state != "awaiting_decision":
                raise ConflictError(f"The import does not wait for a decision: it is {job.state}.")
            if decision == "discard":
                self._end(job, "discarded")
            else:
                job.state = "running"
                await apply_plan(session, job)
                await session.refresh(job)
            return self._seen(job)

    async def _go_on(self, session: Session, job: ImportJob) -> None:
        # One whose access was refused has failed before it was at anything.
        has_begun = job.started_at is not None and job.phase is not None
        job.state = "running" if has_begun else "queued"
        for range_id in await list_open_ranges(session, job.import_id):
            await defer_walk(
                session,
                org_id=job.org_id,
                import_id=job.import_id,
                range_id=range_id,
                is_urgent=True,
            )

    def _end(self, job: ImportJob, state: str) -> None:
        job.state, job.phase = state, None
        job.waiting_for, job.finished_at = None, self._clock.now()

    async def _select(self, org_id: UUID, request: ImportRequest) -> Selection:
        async with self._database.begin(org_id) as session:
            await get_dataset(session, request.dataset_id)
            location = await get_external_location(session, request.location_id)
            source: Source | None = request.manifest
            if request.manifest_id is not None:
                manifest = await get_manifest(session, request.manifest_id, self._clock.now())
                source = UploadedManifest(request.manifest_id, ManifestFormat(manifest.format))
            if request.inventory is not None:
                await get_external_location(session, request.inventory.location_id)
                selection = select_inventory(location, request.inventory, request.prefix)
            elif source is not None:
                selection = select_by_source(location, source)
            elif request.source_files is not None:
                selection = select_source_files(location, request.source_files)
            else:
                selection = select_prefix(location, request.prefix)
            active = await find_active_import(
                session,
                request.dataset_id,
                request.location_id,
                prefix=reach_of(selection.kind, selection.prefix),
            )
        if active is not None:
            raise another_import(active)
        return selection

    async def _store(self, org_id: UUID, request: ImportRequest, selection: Selection) -> Progress:
        filters = request.filters.to_json() if request.filters else None
        new = NewImport(
            org_id=org_id,
            dataset_id=request.dataset_id,
            location_id=request.location_id,
            selection=selection.kind,
            prefix=selection.prefix,
            filters=filters,
            source=None if selection.source is None else store_source(selection.source),
            plan="dry_run" if request.dry_run else "none",
            pin_versions=request.pin_versions,
        )
        if request.max_missing_share is not None:
            new = replace(new, max_missing_share=request.max_missing_share)
        async with self._database.begin(org_id) as session:
            await get_external_location(session, request.location_id)
            if request.pin_versions:
                await require_versions(session, request.location_id)
            job = await begin_import(
                session, new, keys=selection.keys, rejections=selection.rejections
            )
            if selection.kind != "source_files" and not request.dry_run:
                await remember_source(
                    session,
                    org_id=org_id,
                    dataset_id=request.dataset_id,
                    location_id=request.location_id,
                    prefix=selection.prefix,
                    filters=filters,
                    pin_versions=request.pin_versions,
                )
            return self._seen(job)

    def _seen(self, job: ImportJob) -> Progress:
        return Progress(job, self._clock.now())


def _cannot(job: ImportJob) -> ConflictError:
    state = job.state.replace("_", " ")
    return ConflictError(f"This cannot be done with an import that is {state}.")
