"""Range jobs: what a worker does with one, and what comes after it.

A range is never left without a job (shared/database/queue.py says how). The ways a job ends:

* its range is done, its import has ended: both are seen in a transaction, and nothing follows;
* its time is over, it must wait, another worker was quicker: `_queue` commits the next job, then
  this one is finished. Killed between the two, it is found and replaced, and there are two jobs;
* it is killed, Postgres goes away, it takes longer than any job may: it is not finished. The queue
  tries it again, or finds it by the silence of its worker and replaces it.

Why the job of a lost range is queued again, too: the worker that won may be one that was taken for
dead, so that its own job no longer exists. When it dies, this job is the only one left.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from services.ingest.merge import (
    Batch,
    ImportEndedError,
    Merger,
    RangeLostError,
    RangeWork,
)
from services.ingest.patience import Patience
from services.ingest.ranges import RangeJob, find_work, list_batches
from services.ingest.slices import LONGEST_ANSWER, TimeSlice
from shared.clock import Clock
from shared.database.import_jobs import fail_import, wait_for
from shared.database.queue import defer_walk
from shared.database.session import Database
from shared.errors import AppError, DatabaseUnavailableError, StorageDeniedError
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation
from shared.storage.base import ObjectStore

log = structlog.get_logger()

OpenStore = Callable[[Lease], AbstractAsyncContextManager[ObjectStore]]


class RangeJobs:
    """Run the jobs of one worker process."""

    def __init__(
        self,
        database: Database,
        leases: LeaseCache,
        open_store: OpenStore,
        clock: Clock,
        *,
        slice_length: timedelta,
        patience: timedelta,
        longest_answer: timedelta = LONGEST_ANSWER,
    ) -> None:
        self._database = database
        self._leases = leases
        self._open_store = open_store
        self._clock = clock
        self._merger = Merger(database, clock)
        self._slice_length = slice_length
        self._patience = Patience(patience)
        self._longest_answer = longest_answer
        self._running: set[TimeSlice] = set()
        self._stopping = False

    @property
    def longest_job(self) -> timedelta:
        """No job takes longer: a slice, an answer, and a tenth of it for the vault and Postgres."""
        return self._slice_length + self._longest_answer * 1.1

    def stop(self) -> None:
        """Let each running job end with the pages that it has; its range goes on elsewhere."""
        self._stopping = True
        for each in self._running:
            each.end()

    async def run(self, job: RangeJob) -> None:
        """Walk a range for a slice of time. Raise DatabaseUnavailableError, and nothing else."""
        try:
            async with asyncio.timeout(self.longest_job.total_seconds()):
                await self._run(job)
        except TimeoutError as error:
            log.warning("range job stuck", import_id=str(job.import_id))
            raise DatabaseUnavailableError("Postgres does not answer in time.") from error

    async def _run(self, job: RangeJob) -> None:
        work = await find_work(self._database, job, self._clock)
        if work is None:
            return
        done = False
        try:
            with self._begin_slice() as time:
                async for part in self._walk(work, time):
                    job, done = replace(job, tries=0, doubts=0), part.done
            if not done:
                await self._queue(job)
        except ImportEndedError:
            log.info("import ended meanwhile", import_id=str(job.import_id))
        except RangeLostError:
            log.warning("range lost to another worker", range_id=str(job.range_id))
            await self._queue(job, delay=self._slice_length)
        except DatabaseUnavailableError:
            log.warning("database away", import_id=str(job.import_id))
            raise
        except AppError as error:
            await self._face(job, error)
        except Exception:
            # A process boundary: our mistake in one import must not end the worker of the others.
            log.exception("range job failed", import_id=str(job.import_id))
            ours = AppError("Something went wrong on our side; the import can be submitted again.")
            await self._face(job, ours)

    @contextmanager
    def _begin_slice(self) -> Iterator[TimeSlice]:
        time = TimeSlice(self._slice_length, longest_answer=self._longest_answer)
        if self._stopping:
            time.end()
        self._running.add(time)
        try:
            yield time
        finally:
            self._running.remove(time)

    async def _walk(self, work: RangeWork, time: TimeSlice) -> AsyncIterator[Batch]:
        """Apply batches until the range is done or the time is over; yield each when it is in.

        A session can end before its time, so a lease that the cloud refuses is replaced once.
        """
        place = work.place
        lease = await self._leases.get(place.org_id, place.location_id, Operation.LIST)
        try:
            async for part in self._walk_with(lease, work, time):
                work = replace(work, cursor=part.last)
                yield part
        except StorageDeniedError:
            fresh = await self._leases.renew_refused(lease)
            if fresh.issued_at == lease.issued_at:
                raise
        else:
            return
        async for part in self._walk_with(fresh, work, time):
            yield part

    async def _walk_with(
        self, lease: Lease, work: RangeWork, time: TimeSlice
    ) -> AsyncIterator[Batch]:
        async with self._open_store(lease) as store:
            async for batch in list_batches(self._database, store, work, time):
                async for part in self._merger.cut(work, batch):
                    await self._merger.apply(work, part)
                    yield part
                    if part.done or time.is_over:
                        return

    async def _face(self, job: RangeJob, error: AppError) -> None:
        """Wait out what passes by itself; fail the import for what does not."""
        again = self._patience.next_try(job, error)
        if again is not None:
            log.warning("import waits", import_id=str(job.import_id), code=error.code)
            later, pause = again
            await self._queue(later, delay=pause, waiting_for=error.code)
            return
        log.warning("import failed", import_id=str(job.import_id), code=error.code)
        async with self._database.begin(job.org_id) as session:
            await fail_import(
                session,
                job.import_id,
                code=error.code,
                detail=error.detail,
                now=self._clock.now(),
            )

    async def _queue(
        self, job: RangeJob, *, delay: timedelta = timedelta(), waiting_for: str | None = None
    ) -> None:
        async with self._database.begin(job.org_id) as session:
            if waiting_for is not None:
                await wait_for(session, job.import_id, waiting_for)
            await defer_walk(
                session,
                org_id=job.org_id,
                import_id=job.import_id,
                range_id=job.range_id,
                tries=job.tries,
                doubts=job.doubts,
                delay=delay,
            )
