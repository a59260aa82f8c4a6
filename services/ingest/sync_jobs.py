"""Sync jobs: what a worker does when the time of a dataset's next sync has come."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from services.ingest.access import Vault, require_access
from services.ingest.outcomes import fail
from services.ingest.submission import begin_import
from services.ingest.syncs import import_of
from shared.clock import Clock
from shared.database.dataset_sources import DatasetSource, list_dataset_sources
from shared.database.datasets import Dataset, find_dataset
from shared.database.queue import defer_sync
from shared.database.session import Database, Session
from shared.errors import AppError, ConflictError, DatabaseUnavailableError

LATER = timedelta(minutes=1)  # when the vault, or the customer's cloud, cannot be asked now

log = structlog.get_logger()


class SyncJobs:
    """Run the sync jobs of one worker process.

    A dataset with a schedule is never without a job: each ends in the transaction that defers the
    next one.
    """

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, *, access_max_age: timedelta
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._access_max_age = access_max_age

    async def run(self, org_id: UUID, dataset_id: UUID) -> None:
        """Begin the imports of a dataset that is due. Raise DatabaseUnavailableError."""
        async with self._database.begin(org_id) as session:
            dataset = await find_dataset(session, dataset_id)
            sources = await list_dataset_sources(session, dataset_id)
        if dataset is None or dataset.sync_every is None:
            return
        refusals: dict[UUID, AppError] = {}
        for location_id in {source.location_id for source in sources}:
            try:
                await require_access(self._vault, org_id, location_id, max_age=self._access_max_age)
            except DatabaseUnavailableError:
                raise
            except AppError as error:
                if error.retry_after is not None or error.who == "operator":
                    await self._wait(org_id, dataset_id, error)
                    return
                refusals[location_id] = error
        async with self._database.begin(org_id) as session:
            await self._begin(session, dataset_id, sources, refusals)

    async def _wait(self, org_id: UUID, dataset_id: UUID, error: AppError) -> None:
        log.warning("sync waits", dataset_id=str(dataset_id), code=error.code)
        async with self._database.begin(org_id) as session:
            delay = max(LATER, error.retry_after or LATER)
            await defer_sync(session, org_id=org_id, dataset_id=dataset_id, delay=delay)

    async def _begin(
        self,
        session: Session,
        dataset_id: UUID,
        sources: Sequence[DatasetSource],
        refusals: dict[UUID, AppError],
    ) -> None:
        now = self._clock.now()
        dataset = await find_dataset(session, dataset_id, lock=True)
        if dataset is None or dataset.sync_every is None or dataset.next_sync_at is None:
            return
        due_in = dataset.next_sync_at - now
        if due_in <= timedelta():
            for source in sources:
                await self._begin_one(session, dataset, source, refusals.get(source.location_id))
            due_in = dataset.sync_every
            dataset.next_sync_at = now + due_in
        await defer_sync(session, org_id=dataset.org_id, dataset_id=dataset_id, delay=due_in)

    async def _begin_one(
        self, session: Session, dataset: Dataset, source: DatasetSource, refusal: AppError | None
    ) -> None:
        """Begin the import of a source, which fails at once where access is refused."""
        try:
            job = await begin_import(session, import_of(source, dataset, trigger="schedule"))
        except ConflictError:
            log.info("sync skipped: an import is not finished", source_id=str(source.source_id))
            return
        if refusal is not None:
            await fail(session, job, refusal, self._clock.now())
