"""Source files: each looked up, found or said to be missing; keys that no asset can have."""

from datetime import timedelta
from hashlib import sha256

from shared.clock import FrozenClock
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import Counts
from shared.database.rejected_keys import list_rejected_keys
from shared.database.session import Database
from shared.errors import BucketNotFoundError
from shared.storage.memory import MemoryStore
from shared.uris import LONGEST_KEY_BYTES
from tests.conftest import NOW, Tenant
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.bench import (
    Bench,
    counts_of,
    look_at_assets,
    look_at_import,
    outcome,
    queue_import,
)
from tests.services.ingest.conftest import Ground
from tests.services.ingest.paged_stores import CountingStore, SmallPages

CLOCK = FrozenClock(NOW)


async def test_source_files_are_found_or_said_to_be_missing(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = MemoryStore()
    for key in HARD_KEYS:
        store.put(key, key.encode())
    store.put("cold", storage_class="DEEP_ARCHIVE")
    store.put("gone")
    store.put("not listed")
    entries = [*HARD_KEYS, "cold", "gone", "never"]
    bench = Bench(database, store, CLOCK)
    first = await queue_import(database, tenant.org_id, place, source_files=entries)
    await bench.jobs.run(first)
    store.remove("gone")
    again = await queue_import(database, tenant.org_id, place, source_files=entries)
    await bench.jobs.run(again)
    assets = await look_at_assets(database, tenant.org_id, place.dataset_id)
    states = {key: asset.state for key, asset in assets.items()}
    known = len(HARD_KEYS) + 1
    assert states == dict.fromkeys(HARD_KEYS, "available") | {"cold": "archived", "gone": "missing"}
    assert [counts_of(await look_at_import(database, job)) for job in (first, again)] == [
        Counts(
            listed=known + 2,
            added=known + 1,
            archived=1,
            rejected_by_code={"source-file-missing": 1},
        ),
        Counts(
            listed=known + 2,
            unchanged=known,
            archived=1,
            missing=1,
            rejected_by_code={"source-file-missing": 2},
        ),
    ]
    async with database.begin(tenant.org_id) as session:
        job = await get_import_job(session, again.import_id)
        rejected = await list_rejected_keys(session, job, after=None, limit=10)
    assert [(each.key, each.code) for each in rejected] == [
        (b"gone", "source-file-missing"),
        (b"never", "source-file-missing"),
    ]


async def test_many_source_files_far_apart_are_looked_up_batch_by_batch(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    entries = [f"{each:04}" for each in range(200)]
    store = CountingStore(page_size=10)
    for key in entries:
        store.put(key)
        for between in range(9):
            store.put(f"{key}-{between}")
    bench = Bench(database, store, CLOCK, slice_length=timedelta())
    job = await queue_import(database, tenant.org_id, place, source_files=entries)
    seen = []
    for _ in range(2):
        await bench.jobs.run(job)
        seen.append(outcome(await look_at_import(database, job)))
    assert seen == [("running", None, None, 100), ("completed", None, None, 200)]
    assert store.look_ups == 200


async def test_many_source_files_side_by_side_are_found_on_pages(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    entries = [f"{each:04}" for each in range(200)]
    store = CountingStore()
    for key in entries[:150]:
        store.put(key)
        store.put(f"{key} and not listed")
    bench = Bench(database, store, CLOCK, slice_length=timedelta())
    job = await queue_import(database, tenant.org_id, place, source_files=entries)
    await bench.jobs.run(job)
    assert counts_of(await look_at_import(database, job)) == Counts(
        listed=200, added=150, rejected_by_code={"source-file-missing": 50}
    )
    assets = await look_at_assets(database, tenant.org_id, place.dataset_id)
    assert sorted(assets) == entries[:150]
    assert (store.pages, store.look_ups) == (1, 50)


async def test_a_refused_look_up_fails_the_import(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = MemoryStore()
    store.fail(BucketNotFoundError("no"))
    job = await queue_import(database, tenant.org_id, place, source_files=["a", "b"])
    await Bench(database, store, CLOCK).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("failed", None, "bucket-not-found", 0)


async def test_an_import_of_no_source_file_that_can_be_taken_completes(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    job = await queue_import(database, tenant.org_id, place, source_files=[])
    await Bench(database, MemoryStore(), CLOCK).jobs.run(job)
    assert outcome(await look_at_import(database, job)) == ("completed", None, None, 0)


async def test_keys_that_no_asset_can_have_are_rejected_with_the_reason(
    database: Database, tenant: Tenant, place: Ground
) -> None:
    store = SmallPages(2)
    long = "k" * (LONGEST_KEY_BYTES + 1)
    digest = b"...sha256:" + sha256(long.encode()).hexdigest().encode()  # no index holds it whole
    for key in (b"a\0b", b"a\xffb", long.encode(), b"fine"):
        store.put(key)
    job = await queue_import(database, tenant.org_id, place)
    await Bench(database, store, CLOCK).jobs.run(job)
    async with database.begin(tenant.org_id) as session:
        found = await get_import_job(session, job.import_id)
        rejected = await list_rejected_keys(session, found, after=None, limit=10)
    assert [(each.key, each.code) for each in rejected] == [
        (b"a\0b", "key-not-storable"),
        (b"a\xffb", "key-not-storable"),
        (b"k" * 2_500 + digest, "key-not-storable"),
    ]
    assert counts_of(found) == Counts(listed=4, added=1, rejected_by_code={"key-not-storable": 3})
