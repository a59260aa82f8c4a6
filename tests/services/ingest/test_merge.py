"""The page transaction: assets equal the bucket, whatever changed and whoever died or slept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.merge import Merger, RangeLostError
from services.ingest.ranges import RangeJob, find_work
from services.ingest.selectors import KEY_NOT_STORABLE
from services.ingest.slices import TimeSlice
from services.ingest.walks import planning
from services.ingest.walks.pages import PageStep, cut_step, walk_pages
from services.ingest.walks.staging import Found
from shared.clock import FrozenClock
from shared.database.import_jobs import ImportJob
from shared.database.import_progress import Counts
from shared.database.import_ranges import add_import_range
from shared.database.rejected_keys import Rejection
from shared.database.session import Database
from shared.errors import StorageUnavailableError
from shared.storage.base import ObjectRow, decode_key
from tests.conftest import NOW, Tenant, add_tenant
from tests.services.ingest.bench import (
    Bench,
    counts_of,
    finish,
    look_at_assets,
    look_at_import,
    look_at_queue,
    look_at_row_versions,
    queue_import,
)
from tests.services.ingest.conftest import Ground, lay_ground
from tests.services.ingest.paged_stores import SmallPages

CLOCK = FrozenClock(NOW)
CLASSES = ("STANDARD", "GLACIER", "GLACIER_IR", "DEEP_ARCHIVE")
ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}
NAMES = st.one_of(
    st.text(alphabet="ab/\x01 %\u00e9\U0001f600", min_size=1, max_size=3).map(str.encode),
    st.sampled_from([b"a\0b", b"b/\xff", b"\xff", b"a/\0"]),
)
BUCKETS = st.dictionaries(
    NAMES, st.tuples(st.binary(max_size=1), st.sampled_from(CLASSES)), max_size=40
)
PREFIXES = st.sampled_from(["", "", "a", "b/", "\u00e9", "zz"])


@dataclass(frozen=True)
class Run:
    """The bucket before an import, its prefix, and the pages after which the store fails."""

    bucket: dict[bytes, tuple[bytes, str]]
    prefix: str
    failures: list[int]


RUNS = st.lists(
    st.builds(Run, BUCKETS, PREFIXES, st.lists(st.integers(0, 12), max_size=2)),
    min_size=2,
    max_size=4,
)


@dataclass
class Model:
    """What the assets should be: for each key its content and state."""

    assets: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def take(self, run: Run) -> Counts:
        """Import a bucket into the model and count what that does."""
        raws = {
            raw: each for raw, each in run.bucket.items() if raw.startswith(run.prefix.encode())
        }
        before = dict(self.assets)
        seen = {}
        for raw, (body, storage_class) in raws.items():
            key = decode_key(raw)
            if isinstance(key, str):
                state = "archived" if storage_class in ARCHIVED else "available"
                seen[key] = (len(body), storage_class, state)
        gone = {
            key
            for key, (*_, state) in before.items()
            if key.startswith(run.prefix) and key not in seen and state != "missing"
        }
        for key in gone:
            size, storage_class, _ = before[key]
            self.assets[key] = (size, storage_class, "missing")
        self.assets |= seen
        known = seen.keys() & before.keys()
        restored = {key for key in known if before[key][2] == "missing"}
        changed = {key for key in known - restored if before[key] != seen[key]}
        return Counts(
            listed=len(raws),
            added=len(seen.keys() - before.keys()),
            changed=len(changed),
            restored=len(restored),
            unchanged=len(known - restored - changed),
            missing=len(gone),
            archived=sum(state == "archived" for *_, state in seen.values()),
            rejected_by_code={KEY_NOT_STORABLE: odd} if (odd := len(raws) - len(seen)) else {},
        )


def fill(run: Run) -> SmallPages:
    store = SmallPages(page_size=1)
    for raw, (body, storage_class) in run.bucket.items():
        store.put(raw, b"x" * len(body), storage_class=storage_class)
    return store


@given(runs=RUNS)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_assets_equal_the_bucket_after_each_import(
    database: Database, runs: Sequence[Run]
) -> None:
    tenant = await add_tenant(database)
    ground = await lay_ground(database, tenant.org_id)
    model = Model()
    for run in runs:
        before = await look_at_assets(database, tenant.org_id, ground.dataset_id)
        versions = await look_at_row_versions(database, tenant.org_id, ground.dataset_id)
        expected = model.take(run)
        job = await import_all(database, tenant, ground, run)
        assert (job.state, counts_of(job)) == ("completed", expected)
        after = await look_at_assets(database, tenant.org_id, ground.dataset_id)
        shown = {key: (each.size, each.storage_class, each.state) for key, each in after.items()}
        assert shown == model.assets
        assert {key: after[key].asset_id for key in before} == {
            key: each.asset_id for key, each in before.items()
        }
        written = await look_at_row_versions(database, tenant.org_id, ground.dataset_id)
        same = [key for key in before if content(before[key]) == content(after[key])]
        assert [written[key] for key in same] == [versions[key] for key in same]


def content(asset: object) -> tuple[object, ...]:
    names = ("size", "etag", "last_modified", "storage_class", "version_id", "state")
    return tuple(getattr(asset, name) for name in names)


async def import_all(database: Database, tenant: Tenant, ground: Ground, run: Run) -> ImportJob:
    """Run an import to its end, over a store that fails as often as the run says."""
    store = fill(run)
    bench = Bench(database, store, CLOCK)
    job = await queue_import(
        database, tenant.org_id, ground, prefix=run.prefix, max_missing_share=1
    )
    for pages in run.failures:
        store.fail(StorageUnavailableError("away"), after_pages=pages)
        await bench.jobs.run(job)
    store.recover()
    return await finish(bench, job)


def step_of(
    after: str | None,
    last: str | None,
    rows: Sequence[ObjectRow],
    rejections: Sequence[Rejection] = (),
) -> PageStep:
    return PageStep(after, last, last is None, Found(rows, rejections=rejections), None)


async def test_a_worker_that_was_only_asleep_writes_nothing(
    database: Database, tenant: Tenant
) -> None:
    ground = await lay_ground(database, tenant.org_id)
    store = SmallPages(page_size=1)
    for number in range(25):
        store.put(f"{number:02}")
    job = await queue_import(database, tenant.org_id, ground)
    work = await find_work(database, job, CLOCK, most_ranges=1)
    assert work is not None
    time = TimeSlice(timedelta(minutes=1))
    (stale, *_) = [step async for step in walk_pages(store, work, time)]
    for number in range(5):
        store.remove(f"{number:02}")
    bench = Bench(database, store, CLOCK)
    await bench.jobs.run(job)
    before = await look_at_row_versions(database, tenant.org_id, ground.dataset_id)
    counts = counts_of(await look_at_import(database, job))
    with pytest.raises(RangeLostError):
        await Merger(database, CLOCK).apply(work, stale)
    assert await look_at_row_versions(database, tenant.org_id, ground.dataset_id) == before
    assert counts_of(await look_at_import(database, job)) == counts
    assert counts == Counts(listed=20, added=20)


async def test_of_two_workers_with_the_same_page_one_writes_it(
    database: Database, tenant: Tenant
) -> None:
    ground = await lay_ground(database, tenant.org_id)
    rows = [ObjectRow(f"{number:04}", 1, "e", NOW) for number in range(2000)]
    job = await queue_import(database, tenant.org_id, ground)
    work = await find_work(database, job, CLOCK, most_ranges=1)
    assert work is not None
    merger, batch = Merger(database, CLOCK), step_of(None, rows[-1].key, rows)
    results = await asyncio.gather(
        *(merger.apply(work, batch) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in results) == [
        "NoneType",
        "RangeLostError",
        "RangeLostError",
    ]
    assert counts_of(await look_at_import(database, job)) == Counts(listed=2000, added=2000)


async def test_a_bucket_that_was_emptied_is_planned_and_applied_in_several_transactions(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH_CHANGES", 10)
    ground = await lay_ground(database, tenant.org_id)
    merger = Merger(database, CLOCK)
    rows = [ObjectRow(f"{number:04}", 1, "e", NOW) for number in range(45)]
    odd = Rejection(b"0033\xff", KEY_NOT_STORABLE, "The key is not valid UTF-8.")
    for found in (rows, rows[::2]):
        job = await queue_import(database, tenant.org_id, ground)
        work = await find_work(database, job, CLOCK, most_ranges=1)
        assert work is not None
        steps = []
        async for part in cut_step(database, work, step_of(None, None, found, [odd]), most=10):
            await merger.apply(work, part)
            steps.append(part.last)
    assert steps == ["0010", "0021", "0032", "0043", None]
    planned = await look_at_import(database, job)
    assert (planned.state, planned.phase) == ("running", "planning")
    assert counts_of(planned) == Counts(
        listed=24, unchanged=23, missing=22, rejected_by_code={KEY_NOT_STORABLE: 1}
    )
    before = await look_at_assets(database, tenant.org_id, ground.dataset_id)
    assert {asset.state for asset in before.values()} == {"available"}
    done = await finish(Bench(database, SmallPages(1), CLOCK), job)
    assert (done.state, done.applied) == ("completed", 22)
    assets = await look_at_assets(database, tenant.org_id, ground.dataset_id)
    gone = [key for key, asset in assets.items() if asset.state == "missing"]
    assert sorted(gone) == [row.key for row in rows[1::2]]
    writers = await look_at_row_versions(database, tenant.org_id, ground.dataset_id)
    assert len({writers[key] for key in gone}) == 3


async def test_a_rejected_key_that_is_listed_twice_is_counted_once(
    database: Database, tenant: Tenant
) -> None:
    ground = await lay_ground(database, tenant.org_id)
    merger = Merger(database, CLOCK)
    odd = Rejection(b"b\xff", KEY_NOT_STORABLE, "The key is not valid UTF-8.")
    job = await queue_import(database, tenant.org_id, ground)
    work = await find_work(database, job, CLOCK, most_ranges=1)
    assert work is not None
    await merger.apply(work, step_of(None, "a", [ObjectRow("a", 1, "e", NOW)], [odd]))
    await merger.apply(work, step_of("a", None, [ObjectRow("c", 1, "e", NOW)], [odd]))
    assert counts_of(await look_at_import(database, job)) == Counts(
        listed=3, added=2, rejected_by_code={KEY_NOT_STORABLE: 1}
    )


async def test_an_import_completes_with_the_last_of_its_ranges(
    database: Database, tenant: Tenant
) -> None:
    ground = await lay_ground(database, tenant.org_id)
    merger, rows = (
        Merger(database, CLOCK),
        [ObjectRow("a", 1, "e", NOW), ObjectRow("b", 1, "e", NOW)],
    )
    job = await queue_import(database, tenant.org_id, ground)
    async with database.begin(tenant.org_id) as session:
        other = replace(job, range_id=await add_import_range(session, job.org_id, job.import_id))
    works = [await find_work(database, each, CLOCK, most_ranges=2) for each in (job, other)]
    states = []
    for work, row in zip(works, rows, strict=True):
        assert work is not None
        await merger.apply(replace(work, prefix=row.key), step_of(None, None, [row]))
        states.append((await look_at_import(database, job)).state)
    assert states == ["running", "completed"]


async def test_an_import_of_a_foreign_range_finds_nothing_to_do(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    ground = await lay_ground(database, tenant.org_id)
    job = await queue_import(database, tenant.org_id, ground)
    foreign = RangeJob(other_tenant.org_id, job.import_id, job.range_id)
    await Bench(database, SmallPages(1), CLOCK).jobs.run(foreign)
    await Bench(database, SmallPages(1), CLOCK).jobs.run(RangeJob(tenant.org_id, uuid4(), uuid4()))
    assert (await look_at_import(database, job)).state == "queued"
    assert await look_at_queue(database, foreign) == []
