"""Time slices: no store holds a worker's place for longer, and no slow one is starved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.ingest.ranges import RangeJob
from services.ingest.slices import SliceOverError, TimeSlice
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import DatabaseUnavailableError, StorageUnavailableError
from shared.leases import Lease
from shared.storage.base import ListingPage, ObjectStore, UnorderedPage
from shared.storage.memory import MemoryStore
from tests.conftest import NOW, Tenant
from tests.services.ingest.bench import (
    Bench,
    finish,
    look_at_import,
    look_at_queue,
    outcome,
    queue_import,
)
from tests.services.ingest.conftest import Ground
from tests.services.ingest.paged_stores import SmallPages, StuckStore, fill

CLOCK = FrozenClock(NOW)
MOMENT = timedelta(milliseconds=20)
NEVER = timedelta(hours=1)
PATIENCE_SECONDS = 30
GOES_ON = [{"status": "todo", "tries": 0, "due_in": 0}]


class SlowStore(SmallPages):
    """A store whose every page takes longer than a slice of no length."""

    async def before(self, _page: ListingPage | UnorderedPage) -> None:
        await asyncio.sleep(MOMENT.total_seconds())


async def test_the_pages_before_a_stuck_one_are_taken_when_the_slice_ends(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    job = await queue_import(database, tenant.org_id, place)
    store = StuckStore(9, answers=5)
    await Bench(database, store, CLOCK, slice_length=MOMENT, longest_answer=NEVER).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", None, None, 5)
    assert await look_at_queue(database, job) == GOES_ON


async def test_a_stopped_worker_does_not_wait_for_a_stuck_page(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    job = await queue_import(database, tenant.org_id, place)
    store = StuckStore(25, answers=15)
    bench = Bench(database, store, CLOCK, slice_length=NEVER, longest_answer=NEVER)
    running = asyncio.create_task(bench.jobs.run(job))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await store.stuck.wait()
        bench.jobs.stop()
        await running
    assert outcome(await look_at_import(database, job)) == ("running", None, None, 15)
    assert await look_at_queue(database, job) == GOES_ON


async def test_a_stopped_worker_does_not_wait_for_stuck_look_ups(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    job = await queue_import(database, tenant.org_id, place, source_files=["000", "001", "002"])
    store = StuckStore(3, answers=2)
    bench = Bench(database, store, CLOCK, slice_length=NEVER, longest_answer=NEVER)
    running = asyncio.create_task(
        bench.jobs.run(RangeJob(job.org_id, job.import_id, job.range_id, tries=3))
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        await store.stuck.wait()
        bench.jobs.stop()
        await running
    assert outcome(await look_at_import(database, job)) == ("running", None, None, 0)
    assert await look_at_queue(database, job) == [{"status": "todo", "tries": 3, "due_in": 0}]


@pytest.mark.parametrize("source_files", [None, ["000", "001"]])
async def test_an_import_waits_for_a_store_that_answers_nothing(
    database: Database, tenant: Tenant, place: Ground, source_files: list[str] | None
) -> None:
    job = await queue_import(database, tenant.org_id, place, source_files=source_files)
    store = StuckStore(2, answers=0)
    await Bench(database, store, CLOCK, slice_length=NEVER, longest_answer=MOMENT).jobs.run(job)
    waits = ("running", "storage-unavailable", None, 0)
    assert outcome(await look_at_import(database, job)) == waits
    assert await look_at_queue(database, job) == [{"status": "todo", "tries": 1, "due_in": 10}]


async def test_a_page_that_takes_longer_than_a_slice_is_taken_all_the_same(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = SlowStore(1)
    for key in ("a", "b", "c"):
        store.put(key)
    bench = Bench(database, store, CLOCK, slice_length=timedelta())
    job = await queue_import(database, tenant.org_id, place)
    seen = []
    for _ in range(3):
        await bench.jobs.run(job)
        seen.append(outcome(await look_at_import(database, job)))
    assert seen == [
        ("running", None, None, 1),
        ("running", None, None, 2),
        ("completed", None, None, 3),
    ]


async def test_a_slice_ends_also_between_the_parts_of_an_emptied_bucket(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = MemoryStore()
    fill(store, 25)
    filling = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(filling)
    emptying = await queue_import(database, tenant.org_id, place)
    bench = Bench(database, MemoryStore(), CLOCK, slice_length=timedelta(), most_assets=10)
    seen = []
    for _ in range(3):
        await bench.jobs.run(emptying)
        found = await look_at_import(database, emptying)
        seen.append((found.state, found.missing))
    assert seen == [("running", 11), ("running", 22), ("running", 25)]
    waiting = await finish(bench, emptying, agree=False)
    assert (waiting.state, waiting.missing) == ("awaiting_decision", 25)


async def test_a_job_that_is_stuck_elsewhere_is_given_back_to_the_queue(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, MemoryStore(), CLOCK, slice_length=timedelta(), longest_answer=MOMENT)

    @asynccontextmanager
    async def open_store(_lease: Lease) -> AsyncIterator[ObjectStore]:
        await asyncio.Event().wait()
        yield bench.store

    bench.jobs._walker._open_store = open_store
    job = await queue_import(database, tenant.org_id, place)
    with pytest.raises(DatabaseUnavailableError):
        await bench.jobs.run(job)


async def test_only_the_end_of_a_slice_cuts_its_first_answer_short() -> None:
    time = TimeSlice(timedelta(), longest_answer=MOMENT)
    assert time.is_over
    with pytest.raises(StorageUnavailableError):
        async with time.answer():
            await asyncio.Event().wait()
    async with time.answer():
        pass
    with pytest.raises(SliceOverError):
        async with time.answer():
            await asyncio.Event().wait()
    fresh = TimeSlice(NEVER, longest_answer=NEVER)
    fresh.end()
    with pytest.raises(SliceOverError):
        async with fresh.answer():
            await asyncio.Event().wait()


async def test_what_a_store_raises_is_not_taken_for_the_end_of_a_slice() -> None:
    time = TimeSlice(NEVER, longest_answer=NEVER)
    with pytest.raises(KeyError):
        async with time.answer():
            raise KeyError
    async with time.answer():
        await asyncio.sleep(0)
    assert not time.is_over
