"""Range jobs: what a worker does when a store, the vault or a caller gets in its way."""

from datetime import timedelta

import pytest
import structlog

from services.ingest.merge import Merger
from services.ingest.patience import FEW_TRIES
from services.ingest.ranges import RangeJob, find_work
from services.ingest.walks.pages import PageStep
from services.ingest.walks.staging import Found
from shared.clock import FrozenClock
from shared.database.import_jobs import get_import_job
from shared.database.import_ranges import list_import_ranges
from shared.database.session import Database
from shared.errors import (
    AppError,
    BrokenListingError,
    BucketNotFoundError,
    CloudIdentityError,
    ConflictError,
    CredentialRetiredError,
    LeaseExpiredError,
    NotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
    WrongRegionError,
)
from shared.storage.base import ListingPage, UnorderedPage
from shared.storage.memory import MemoryStore
from tests.conftest import NOW, Tenant
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.bench import (
    Bench,
    look_at_assets,
    look_at_import,
    look_at_queue,
    outcome,
    queue_import,
)
from tests.services.ingest.conftest import Ground
from tests.services.ingest.paged_stores import SmallPages, fill

CLOCK = FrozenClock(NOW)
DETAIL = "The object store says so."


class MistakenStore(SmallPages):
    """A store that our code does not understand."""

    async def before(self, _page: ListingPage | UnorderedPage) -> None:
        raise KeyError


def keys_store(number: int, *, page_size: int = 1) -> SmallPages:
    store = SmallPages(page_size)
    fill(store, number, body=b"body")
    return store


async def test_every_hard_key_becomes_an_asset_verbatim(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = MemoryStore()
    for key in HARD_KEYS:
        store.put(key, key.encode())
    job = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(job)
    assets = await look_at_assets(database, tenant.org_id, place.dataset_id)
    assert assets.keys() == set(HARD_KEYS)
    assert {key: asset.size for key, asset in assets.items()} == {
        key: len(key.encode()) for key in HARD_KEYS
    }


async def test_a_slice_of_time_ends_with_the_next_job_in_the_queue(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, keys_store(25), CLOCK, slice_length=timedelta())
    job = await queue_import(database, tenant.org_id, place)
    seen = []
    for _ in range(3):
        await bench.jobs.run(job)
        done = await look_at_import(database, job)
        waiting = await look_at_queue(database, job)
        seen.append((done.state, done.added, [each["tries"] for each in waiting]))
    assert seen == [("running", 10, [0]), ("running", 20, [0]), ("completed", 25, [0])]


async def test_a_worker_that_is_stopped_leaves_its_range_to_the_queue(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, keys_store(25), CLOCK)
    job = await queue_import(database, tenant.org_id, place)
    bench.jobs.stop()
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", None, None, 10)
    assert len(await look_at_queue(database, job)) == 1


@pytest.mark.parametrize(
    ("error", "due_in"),
    [
        (StorageThrottledError(DETAIL, wait=timedelta(seconds=30)), 30),
        (StorageUnavailableError(DETAIL), 10),
    ],
)
async def test_an_import_waits_out_what_passes_and_goes_on_from_its_cursor(
    database: Database, tenant: Tenant, place: Ground, error: StorageUnavailableError, due_in: int
) -> None:
    store = keys_store(25)
    store.fail(error, after_pages=12)
    bench = Bench(database, store, CLOCK)
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", error.code, None, 10)
    assert await look_at_queue(database, job) == [{"status": "todo", "tries": 1, "due_in": due_in}]
    store.recover()
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("completed", None, None, 25)


@pytest.mark.parametrize(
    "failure",
    [VaultUnavailableError("The vault does not answer."), CloudIdentityError("Ours is broken.")],
)
async def test_an_import_waits_for_the_vault_and_for_the_operator(
    database: Database, tenant: Tenant, place: Ground, failure: AppError
) -> None:
    bench = Bench(database, keys_store(3), CLOCK)
    bench.leases.failure = failure
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", failure.code, None, 0)
    bench.leases.failure = None
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("completed", None, None, 3)


@pytest.mark.parametrize(
    "error",
    [BucketNotFoundError(DETAIL), WrongRegionError(DETAIL, region="eu-north-1")],
)
async def test_an_import_fails_for_what_its_customer_must_mend_and_keeps_its_counts(
    database: Database, tenant: Tenant, place: Ground, error: StorageError
) -> None:
    store = keys_store(25)
    store.fail(error, after_pages=12)
    job = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(job)
    failed = await look_at_import(database, job)
    assert outcome(failed) == ("failed", None, error.code, 10)
    assert (failed.failure_detail, failed.finished_at) == (DETAIL, NOW)
    assert await look_at_queue(database, job) == []


async def test_an_import_of_a_detached_location_fails(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, keys_store(1), CLOCK)
    bench.leases.failure = NotFoundError("There is no such external location.")
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("failed", None, "not-found", 0)


@pytest.mark.parametrize(
    "error", [BrokenListingError(DETAIL), LeaseExpiredError(DETAIL), StorageDeniedError(DETAIL)]
)
async def test_what_may_mend_itself_is_tried_a_few_times(
    database: Database, tenant: Tenant, place: Ground, error: StorageError
) -> None:
    store = keys_store(3)
    store.fail(error)
    job = await queue_import(database, tenant.org_id, place)
    states = await run_again(Bench(database, store, CLOCK), job)
    waits, fails = ("running", error.code, None, 0), ("failed", None, error.code, 0)
    assert states == [waits] * FEW_TRIES + [fails]


async def test_a_vault_that_cannot_be_told_of_a_refusal_does_not_keep_an_import_from_ending(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, keys_store(1), CLOCK)
    bench.leases.failure = BucketNotFoundError("The bucket does not exist.")
    job = await queue_import(database, tenant.org_id, place)
    with structlog.testing.capture_logs() as logs:
        await bench.jobs.run(job)
    ended = outcome(await look_at_import(database, job))
    assert ended == ("failed", None, "bucket-not-found", 0)
    assert [each["code"] for each in logs if each["event"] == "refusal not reported"] == [
        "bucket-not-found"
    ]


async def test_an_import_survives_a_denial_that_passes(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = keys_store(25)
    store.fail(StorageDeniedError(DETAIL), after_pages=12)
    bench = Bench(database, store, CLOCK)
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", "storage-denied", None, 10)
    assert await look_at_queue(database, job) == [{"status": "todo", "tries": 1, "due_in": 1}]
    store.recover()
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("completed", None, None, 25)


async def test_an_import_that_is_denied_for_long_fails_where_it_stands(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = keys_store(25)
    bench = Bench(database, store, CLOCK)
    store.fail(StorageDeniedError(DETAIL), after_pages=12)
    job = await queue_import(database, tenant.org_id, place)
    await run_again(bench, job)
    failed = await look_at_import(database, job)
    assert outcome(failed) == ("failed", None, "storage-denied", 10)
    assert bench.leases.rechecked == [place.location_id]
    assert (failed.failure_detail, failed.finished_at) == (DETAIL, NOW)
    async with database.begin(job.org_id) as session:
        (left,) = await list_import_ranges(session, job.import_id)
    assert (left.cursor, left.state) == ("009", "open")


async def test_an_import_waits_for_a_rotation_of_its_credential(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    bench = Bench(database, keys_store(3), CLOCK)
    bench.leases.failure = ConflictError("The location's credential is being changed: try again.")
    job = await queue_import(database, tenant.org_id, place)
    await bench.jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", "conflict", None, 0)
    bench.leases.failure = CredentialRetiredError("The storage credential is retired.")
    await bench.jobs.run(job)
    failed = outcome(await look_at_import(database, job))
    assert failed == ("failed", None, "credential-retired", 0)


async def test_a_mistake_of_ours_ends_one_import_and_not_the_worker(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    job = await queue_import(database, tenant.org_id, place)
    states = await run_again(Bench(database, MistakenStore(1), CLOCK), job)
    waits, fails = ("running", "internal-error", None, 0), ("failed", None, "internal-error", 0)
    assert states == [waits] * FEW_TRIES + [fails]


async def run_again(bench: Bench, job: RangeJob) -> list[tuple[str, str | None, str | None, int]]:
    """Run a range's jobs as the queue would, each with the tries of the one before."""
    states = []
    for tries in range(FEW_TRIES + 1):
        await bench.jobs.run(RangeJob(job.org_id, job.import_id, job.range_id, tries, tries))
        states.append(outcome(await look_at_import(bench.database, job)))
    return states


async def test_nothing_is_written_after_a_cancellation(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    class CancellingStore(SmallPages):
        async def before(self, page: ListingPage | UnorderedPage) -> None:
            if isinstance(page, ListingPage) and page.last == "014":
                async with database.begin(tenant.org_id) as session:
                    (await get_import_job(session, job.import_id)).state = "cancelled"

    store = CancellingStore(1)
    fill(store, 25)
    job = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("cancelled", None, None, 10)
    assets = await look_at_assets(database, tenant.org_id, place.dataset_id)
    assert sorted(assets) == [f"{each:03}" for each in range(10)]
    assert await look_at_queue(database, job) == []


async def test_a_worker_that_lost_its_range_leaves_a_job_for_it(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    class OvertakenStore(SmallPages):
        async def before(self, page: ListingPage | UnorderedPage) -> None:
            if isinstance(page, ListingPage) and page.after == "004":
                work = await find_work(database, job, CLOCK, most_ranges=1)
                assert work is not None
                step = PageStep(None, "003", done=False, found=Found(), selector=None)
                await Merger(database, CLOCK).apply(work, step)

    store = OvertakenStore(1)
    fill(store, 25)
    job = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("running", None, None, 0)
    assert await look_at_queue(database, job) == [{"status": "todo", "tries": 0, "due_in": 60}]
