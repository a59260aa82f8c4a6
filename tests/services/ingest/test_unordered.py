"""Unordered listings: what the order of keys would show is found by marking what was seen."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from services.ingest.unordered import begin_unordered
from services.ingest.walks import marking, source_files
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import Counts
from shared.database.import_ranges import add_import_range
from shared.database.import_seen import ImportSeen
from shared.database.rejected_keys import Rejection
from shared.errors import ListingTokenError, StorageUnavailableError
from shared.storage.base import ListingPage, UnorderedPage
from tests.conftest import NOW
from tests.services.ingest.bench import counts_of, look_at_queue
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import CountingStore, SmallPages, fill
from tests.services.ingest.scenes import Scene, big, differences_in

CLASSES = ("STANDARD", "GLACIER")


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A scene whose bucket lists its keys in an order of its own, five at a time."""
    scene.use(SmallPages(5, unordered=True))
    return scene


def stock(store: SmallPages) -> None:
    for number in range(40):
        store.put(f"a/{number:02}", big(str(number)), storage_class=CLASSES[number % 2])
        store.put(f"b/{number:02}.txt", str(number).encode())
    for odd in (b"a/\xff", b"b/\0"):
        store.put(odd)


def alter(store: SmallPages) -> None:
    """Change a stocked bucket in every way that there is."""
    for number in range(3):
        store.remove(f"a/{number:02}")
        store.put(f"a/0{number + 3}", b"changed", last_modified=NOW)
        store.put(f"b/{number:02}.txt", b"changed", last_modified=NOW)
        store.put(f"c/{number}", b"new", last_modified=NOW)
        store.put(f"moved/{number}", big(f"{number}"), last_modified=NOW)
    store.remove(b"a/\xff")


async def seen_keys(scene: Scene) -> int:
    """Return how many marks are kept for the imports of the organization."""
    async with scene.database.begin(scene.org_id) as session:
        return (await session.execute(select(func.count()).select_from(ImportSeen))).scalar_one()


FILTERS = [None, {"extensions": ["txt"]}, {"min_size": 1_000, "exclude": ["b/**"]}]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("prefix", ["", "a/"])
async def test_a_bucket_without_an_order_is_imported_as_one_with_it(
    scene: Scene, filters: dict[str, object] | None, prefix: str
) -> None:
    other = Scene(scene.database, scene.org_id, scene.ground, scene.clock)
    other.ground = await lay_ground(scene.database, scene.org_id)
    results = []
    for each in (scene, other):
        stock(each.store)
        first = await each.sync(prefix=prefix, filters=filters)
        alter(each.store)
        second = await each.sync(prefix=prefix, filters=filters)
        third = await each.sync(prefix=prefix, filters=filters)
        results.append(
            (
                [(job.state, counts_of(job)) for job in (first, second, third)],
                [(job.applied, job.skipped_by_reason) for job in (first, second, third)],
                await each.changes(second),
                {
                    key: (asset.state, asset.version, asset.etag)
                    for key, asset in (await each.assets()).items()
                },
            )
        )
    assert results[0] == results[1]
    assert await seen_keys(scene) == 0


async def test_an_import_says_that_the_listing_has_no_order(scene: Scene) -> None:
    stock(scene.store)
    job = await scene.begin()
    begun = await scene.step(job)
    assert (begun.state, begun.listing, begun.listed) == ("running", "unordered", 0)
    (only,) = await scene.ranges(job)
    assert (only.kind, only.state, only.cursor) == ("mark", "open", None)


async def test_what_pages_in_order_had_planned_is_forgotten(scene: Scene) -> None:
    """The first pages may be in order by chance: they say nothing of what lies between."""
    scene.use(SmallPages(2))
    stock(scene.store)
    await scene.sync()
    alter(scene.store)
    job = await scene.begin()
    begun = await scene.step(job)
    assert (begun.listing, begun.listed) == ("ordered", 20)
    assert await scene.changes(job) != []
    scene.store.shuffle()
    marked = await scene.step(job)
    assert (marked.listing, marked.listed, marked.rejected) == ("unordered", 0, 0)
    assert await scene.changes(job) == []
    done = await scene.finish(job)
    assert (done.state, done.listed) == ("completed", 84)
    assert differences_in(done) == {"added": 3, "changed": 6, "moved": 3}


async def test_what_pages_in_order_had_added_is_kept(scene: Scene) -> None:
    scene.use(SmallPages(2))
    fill(scene.store, 60)
    job = await scene.begin()
    assert (await scene.step(job)).added == 20
    writers = await scene.writers()
    scene.store.shuffle()
    done = await scene.finish(job)
    assert (done.state, done.listed, done.added + done.unchanged) == ("completed", 60, 60)
    after = await scene.writers()
    assert (len(after), {key: after[key] for key in writers}) == (60, writers)


async def test_ranges_that_find_no_order_at_once_begin_one_listing_without_it(scene: Scene) -> None:
    fill(scene.store, 25)
    job = await scene.begin()
    async with scene.database.begin(scene.org_id) as session:
        other = await add_import_range(session, job.org_id, job.import_id, lower="5")
    await scene.step(job)
    for each in (job, replace(job, range_id=other)):
        await begin_unordered(scene.database, each)
    assert [each.kind for each in await scene.ranges(job)] == ["mark"]
    done = await scene.finish(job)
    assert (done.state, done.added) == ("completed", 25)


@pytest.mark.parametrize("page_size", [1, 3, 50])
async def test_a_listing_whose_token_is_refused_begins_again_and_counts_nothing_twice(
    scene: Scene, page_size: int
) -> None:
    stock(scene.store)
    await scene.sync()
    alter(scene.store)
    job = await scene.begin(filters={"exclude": ["b/*", "c/*"]})
    await scene.step(job)
    for _ in range(7):
        await scene.step(job)
    before = await scene.look(job)
    scene.store.expire_tokens()
    scene.store.page_size = page_size
    refused = await scene.step(job)
    assert (refused.state, counts_of(refused)) == ("running", counts_of(before))
    done = await scene.finish(job)
    assert (done.listed, done.skipped) == (84, 43)
    assert done.skipped_by_reason == {"filtered-by-exclude": 43}
    assert differences_in(done) == {"changed": 3, "moved": 3}


async def test_an_ordered_listing_whose_token_is_refused_goes_on_behind_its_last_key(
    scene: Scene,
) -> None:
    class ForgetfulStore(SmallPages):
        refusals = 2

        async def before(self, page: ListingPage | UnorderedPage) -> None:
            if isinstance(page, ListingPage) and page.after == "19" and self.refusals:
                self.refusals -= 1
                raise ListingTokenError("The object store no longer takes the token.")

    store = ForgetfulStore(5)
    scene.use(store)
    for number in range(10, 40):
        store.put(str(number))
    for expected in ({"added": 30}, {}):
        store.refusals = 2
        job = await scene.begin()
        while store.refusals:
            await scene.step(job)
        done = await scene.finish(job)
        assert (done.state, done.listed, differences_in(done)) == ("completed", 30, expected)
        assert store.refusals == 0


async def test_an_object_that_comes_twice_on_a_page_is_one_asset(scene: Scene) -> None:
    class StutteringStore(SmallPages):
        async def before(self, page: ListingPage | UnorderedPage) -> None:
            if isinstance(page, UnorderedPage):
                page.rows.extend(page.rows[:2])

    scene.use(StutteringStore(5, unordered=True))
    fill(scene.store, 25)
    for _ in range(2):
        done = await scene.sync()
        assert (done.state, done.listed, len(await scene.assets())) == ("completed", 25, 25)


async def test_what_is_gone_is_found_when_all_was_seen(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "SWEEP_KEYS", 7)
    fill(scene.store, 60)
    await scene.sync()
    for number in range(0, 60, 6):
        scene.store.remove(f"{number:03}")
    job = await scene.begin()
    missing = []
    while (found := await scene.step(job)).phase == "scanning":
        missing.append(found.missing)
    assert missing[-8:] == [0, 2, 3, 4, 6, 7, 8, 10]  # of eight keys at a time
    done = await scene.finish(job)
    assert differences_in(done) == {"missing": 10}
    gone = [key for key, state in (await scene.states()).items() if state == "missing"]
    assert sorted(gone) == [f"{number:03}" for number in range(0, 60, 6)]


async def test_an_emptied_bucket_without_an_order_asks_before_all_is_lost(scene: Scene) -> None:
    fill(scene.store, 25)
    await scene.sync()
    scene.use(SmallPages(5, unordered=True))
    scene.store.put("two")
    scene.store.put("new")
    waiting = await scene.sync(agree=False)
    assert (waiting.state, differences_in(waiting)) == (
        "awaiting_decision",
        {"added": 2, "missing": 25},
    )


async def test_a_store_that_is_away_while_marking_is_waited_for(scene: Scene) -> None:
    fill(scene.store, 60)
    job = await scene.begin()
    await scene.step(job)
    scene.store.fail(StorageUnavailableError("away"), after_pages=4)
    for _ in range(6):
        waiting = await scene.step(job)
    assert (waiting.state, waiting.listed, waiting.waiting_for) == (
        "running",
        20,
        "storage-unavailable",
    )
    scene.store.recover()
    done = await scene.finish(job)
    assert (done.state, done.listed, done.added) == ("completed", 60, 60)


@pytest.mark.parametrize("window", [40, 120])
async def test_source_files_are_looked_up_one_by_one_where_there_is_no_order(
    scene: Scene, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_files, "WINDOW", window)
    fill(scene.store, 100)
    entries = [f"{number:03}" for number in range(110)]
    odd = Rejection(b"elsewhere", "outside-location", "It is elsewhere.")
    done = await scene.sync(source_files=entries, rejections=[odd])
    assert (done.state, done.listing) == ("completed", "unordered")
    assert counts_of(done) == Counts(
        listed=111,
        added=100,
        rejected_by_code={"outside-location": 1, "source-file-missing": 10},
    )


async def test_source_files_that_pages_in_order_do_not_show_are_looked_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing that is broken off early may be out of order further on."""

    class HidingStore(CountingStore):
        async def before(self, page: ListingPage | UnorderedPage) -> None:
            await super().before(page)
            assert isinstance(page, ListingPage)
            del page.rows[::2]

    monkeypatch.setattr(source_files, "BATCH_FILES", 20)
    scene.use(HidingStore(50))
    entries = [f"{number:03}" for number in range(100)]
    fill(scene.store, 95)
    done = await scene.sync(source_files=entries)
    assert counts_of(done) == Counts(
        listed=100, added=95, rejected_by_code={"source-file-missing": 5}
    )


async def test_a_range_of_source_files_that_learns_late_that_there_is_no_order_goes_on(
    scene: Scene,
) -> None:
    job = await scene.begin(source_files=["a"])
    await scene.imports.pause(scene.org_id, job.import_id)
    await scene.imports.resume(scene.org_id, job.import_id)
    async with scene.database.begin(scene.org_id) as session:
        imported = await get_import_job(session, job.import_id)
        imported.state, imported.listing = "running", "unordered"
        other = await add_import_range(session, job.org_id, job.import_id, lower="b")
    late = replace(job, range_id=other)
    await begin_unordered(scene.database, late)
    assert await look_at_queue(scene.database, late) == [
        {"status": "todo", "tries": 0, "due_in": 0}
    ]
