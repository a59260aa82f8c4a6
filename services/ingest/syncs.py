"""Syncs: a dataset is compared with what it was imported from, at once or by its schedule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from services.ingest.access import Vault, require_access
from services.ingest.imports import Progress
from services.ingest.submission import begin_import
from shared.clock import Clock
from shared.database.dataset_sources import DatasetSource, list_dataset_sources
from shared.database.datasets import Dataset, get_dataset
from shared.database.external_locations import get_external_location
from shared.database.import_jobs import NewImport
from shared.database.queue import defer_sync
from shared.database.session import Database
from shared.errors import ConflictError

NOTHING_TO_SYNC = "Nothing was imported into this dataset by prefix, so there is nothing to sync."


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a caller asks for: all sources, or those of one location; to apply or only to see."""

    location_id: UUID | None = None
    dry_run: bool = False
    max_missing_share: float | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a dataset is synced, None for never, and what may go missing unasked."""

    every: timedelta | None
    max_missing_share: float


class Syncs:
    """Serve an organization's syncs. What belongs to another one raises NotFoundError."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, *, access_max_age: timedelta
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._access_max_age = access_max_age

    async def sync(self, org_id: UUID, dataset_id: UUID, request: SyncRequest) -> list[Progress]:
        """Queue an import of each of the dataset's sources, all of them or none.

        Raise ConflictError when there is none, or an import of one of them is not finished, and
        LocationNotVerifiedError when access to one of them is not valid.
        """
        sources = await self._sources(org_id, dataset_id, request.location_id)
        for location_id in {source.location_id for source in sources}:
            await require_access(self._vault, org_id, location_id, max_age=self._access_max_age)
        async with self._database.begin(org_id) as session:
            dataset = await get_dataset(session, dataset_id)
            jobs = []
            for source in sources:
                await get_external_location(session, source.location_id)
                new = import_of(source, dataset, dry_run=request.dry_run)
                if request.max_missing_share is not None:
                    new = replace(new, max_missing_share=request.max_missing_share)
                jobs.append(await begin_import(session, new))
            return [Progress(job, self._clock.now()) for job in jobs]

    async def schedule(self, org_id: UUID, dataset_id: UUID, schedule: Schedule) -> Dataset:
        """Have a dataset synced again and again, for the first time after `every`; or no more."""
        async with self._database.begin(org_id) as session:
            dataset = await get_dataset(session, dataset_id, lock=True)
            dataset.sync_every = schedule.every
            dataset.sync_max_missing_share = schedule.max_missing_share
            dataset.next_sync_at = None
            if schedule.every is not None:
                dataset.next_sync_at = self._clock.now() + schedule.every
                await defer_sync(
                    session, org_id=org_id, dataset_id=dataset_id, delay=schedule.every
                )
            return dataset

    async def _sources(
        self, org_id: UUID, dataset_id: UUID, location_id: UUID | None
    ) -> Sequence[DatasetSource]:
        async with self._database.begin(org_id) as session:
            await get_dataset(session, dataset_id)
            if location_id is not None:
                await get_external_location(session, location_id)
            sources = await list_dataset_sources(session, dataset_id)
        wanted = [
            source for source in sources if location_id is None or source.location_id == location_id
        ]
        if not wanted:
            raise ConflictError(NOTHING_TO_SYNC)
        return wanted


def import_of(
    source: DatasetSource, dataset: Dataset, *, dry_run: bool = False, trigger: str = "request"
) -> NewImport:
    """Return the import that syncs a source: always planned, so that moves are found."""
    return NewImport(
        org_id=source.org_id,
        dataset_id=source.dataset_id,
        location_id=source.location_id,
        selection="prefix",
        prefix=source.prefix,
        filters=source.filters,
        trigger=trigger,
        plan="dry_run" if dry_run else "apply",
        max_missing_share=dataset.sync_max_missing_share,
        pin_versions=source.pin_versions,
    )
