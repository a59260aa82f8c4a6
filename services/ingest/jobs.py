"""Range jobs: what a worker does with one, and what comes after it.

A range is never left without a job (shared/database/queue.py says how). The ways a job ends:

* its range is done, its import has ended or rests: seen in a transaction, and nothing follows;
* its time is over, it must wait, another worker was quicker: `_queue` commits the next job, then
  this one is finished. Killed between the two, it is found and replaced, and there are two jobs;
* it is killed, Postgres goes away, it takes longer than any job may: it is not finished. The queue
  tries it again, or finds it by the silence of its worker and replaces it.

Why the job of a lost range is queued again, too: the worker that won may be one that was taken for
dead, so that its own job no longer exists. When it dies, this job is the only one left.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from services.ingest.access import Vault, report_refusal
from services.ingest.merge import ImportEndedError, RangeLostError
from services.ingest.outcomes import fail
from services.ingest.patience import Patience
from services.ingest.ranges import RangeJob, TooManyRangesError, find_work
from services.ingest.slices import LONGEST_ANSWER, TimeSlice
from services.ingest.unordered import begin_again, begin_unordered
from services.ingest.walker import Walker
from shared.clock import Clock
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import wait_for
from shared.database.listing_paces import cut_width
from shared.database.queue import defer_walk, someone_waits
from shared.database.session import NO_ORG, Database
from shared.errors import (
    ACCESS_REFUSALS,
    AppError,
    DatabaseUnavailableError,
    ListingTokenError,
    StorageThrottledError,
    UnorderedListingError,
)

YIELDS_AFTER = timedelta(seconds=1)  # so that an import that has just begun gets somewhere
PACE_PAUSE = timedelta(seconds=2)  # before a range looks again whether it may be listed

log = structlog.get_logger()


class RangeJobs:
    """Run the jobs of one worker process."""

    def __init__(
        self,
        database: Database,
        walker: Walker,
        vault: Vault,
        clock: Clock,
        *,
        slice_length: timedelta,
        patience: timedelta,
        most_ranges: int,
        longest_answer: timedelta = LONGEST_ANSWER,
    ) -> None:
        self._database = database
        self._walker = walker
        self._vault = vault
        self._clock = clock
        self._slice_length = slice_length
        self._patience = Patience(patience)
        self._most_ranges = most_ranges
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
        done = False
        try:
            with self._begin_slice() as time:
                async for is_last in self._steps(job, time):
                    job, done = replace(job, tries=0, doubts=0), is_last
                    if not done and await self._must_yield(time):
                        break
            if not done:
                await self._queue(job)
        except (ImportEndedError, RangeLostError, TooManyRangesError) as reason:
            await self._give_way(job, reason)
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

    async def _steps(self, job: RangeJob, time: TimeSlice) -> AsyncIterator[bool]:
        work = await find_work(self._database, job, self._clock, most_ranges=self._most_ranges)
        if work is None:
            raise ImportEndedError
        async for is_last in self._walker.walk(work, time):
            yield is_last

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

    async def _must_yield(self, time: TimeSlice) -> bool:
        """Say whether the place is wanted for an import that has not begun yet."""
        if time.elapsed < YIELDS_AFTER:
            return False
        async with self._database.begin(NO_ORG) as session:
            return await someone_waits(session)

    async def _give_way(self, job: RangeJob, reason: Exception) -> None:
        """Leave the range alone: for good, or until it is looked for again."""
        match reason:
            case TooManyRangesError():
                await self._queue(job, delay=PACE_PAUSE)
            case RangeLostError():
                log.warning("range lost to another worker", range_id=str(job.range_id))
                await self._queue(job, delay=self._slice_length)
            case _:
                log.info("import ended meanwhile", import_id=str(job.import_id))

    async def _face(self, job: RangeJob, error: AppError) -> None:
        """Begin again without an order where there is none; wait out the rest, or fail."""
        match error:
            case UnorderedListingError():
                log.warning("listing without order", import_id=str(job.import_id))
                await begin_unordered(self._database, job)
            case ListingTokenError() if await begin_again(self._database, job):
                log.warning("listing token refused", import_id=str(job.import_id))
            case _:
                await self._wait_or_fail(job, error)

    async def _wait_or_fail(self, job: RangeJob, error: AppError) -> None:
        again = self._patience.next_try(job, error)
        if again is not None:
            log.warning("import waits", import_id=str(job.import_id), code=error.code)
            later, pause = again
            if isinstance(error, StorageThrottledError):
                await self._slow_down(job)
            await self._queue(later, delay=pause, waiting_for=error.code)
            return
        log.warning("import failed", import_id=str(job.import_id), code=error.code)
        async with self._database.begin(job.org_id) as session:
            imported = await get_import_job(session, job.import_id, lock=True)
            await fail(session, imported, error, self._clock.now())
        if isinstance(error, ACCESS_REFUSALS):
            await report_refusal(self._vault, job.org_id, imported.location_id)

    async def _slow_down(self, job: RangeJob) -> None:
        async with self._database.begin(job.org_id) as session:
            imported = await get_import_job(session, job.import_id)
            await cut_width(
                session,
                job.org_id,
                imported.location_id,
                most=self._most_ranges,
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
