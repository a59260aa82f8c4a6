"""Splits: a range is cut while it is walked, and what its pieces find is exact all the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.ingest import splits
from services.ingest.merge import Merger, RangeLostError
from services.ingest.ranges import RangeJob, find_work
from services.ingest.slices import TimeSlice
from services.ingest.splits import Splitter
from services.ingest.walks.pages import walk_pages
from shared.database.import_jobs import ImportJob
from shared.errors import StorageDeniedError
from shared.storage.base import ListingPage, ObjectStore, UnorderedPage
from tests.conftest import NOW
from tests.services.ingest.bench import Bench, counts_of, look_at_queue
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene, big, differences_in

WIDTH = 4
QUARTERS = ["b/010", "b/011", "c"]


class Cuts:
    """Boundaries that a test chooses, as far as they lie in what is to be cut."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.asked: list[tuple[str | None, str | None, int]] = []

    async def find(
        self,
        _store: ObjectStore,
        _prefix: str,
        *,
        after: str | None,
        upper: str | None,
        pieces: int,
        seen: Sequence[str] = (),
    ) -> list[str]:
        assert all(after is None or key <= after for key in seen)
        self.asked.append((after, upper, pieces))
        inside = [
            key
            for key in self.keys
            if (after is None or key > after) and (upper is None or key < upper)
        ]
        return inside[: pieces - 1]


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> Cuts:
    chosen = Cuts(QUARTERS)
    monkeypatch.setattr(splits, "find_boundaries", chosen.find)
    return chosen


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A scene whose worker walks a whole range at a time, of up to four."""
    scene.bench = bench_of(scene)
    return scene


def bench_of(scene: Scene) -> Bench:
    return Bench(scene.database, scene.store, scene.clock, most_ranges=WIDTH)


def stock(store: SmallPages) -> None:
    for prefix in ("a/", "b/", "c/"):
        fill(store, 20, prefix=prefix, body=big(prefix))
    for number in range(6):
        store.put(f"old/{number}", big(f"old {number}"))
    for odd in (b"b/010\xff", b"b/011", b"b/0105\0", b"d\xff"):
        store.put(odd)


def alter(store: SmallPages) -> None:
    """Change a stocked bucket in every way that there is, also across the cuts."""
    for number in range(6):
        store.remove(f"old/{number}")
        store.put(f"a/new/{number}", big(f"old {number}"), last_modified=NOW)
        store.remove(f"b/00{number}")
        store.put(f"c/00{number}", b"changed", last_modified=NOW)
    store.put("b/010\x01", b"behind a cut")
    store.remove("c/019")


async def bounds_of(scene: Scene, job: RangeJob | ImportJob) -> list[tuple[str | None, str | None]]:
    ranges = await scene.ranges(job)
    return [(each.lower, each.upper) for each in ranges if each.kind == "list"]


async def test_a_range_that_proves_long_is_cut_while_it_is_walked(scene: Scene, cuts: Cuts) -> None:
    stock(scene.store)
    job = await scene.begin()
    walked = await scene.step(job)
    assert (walked.state, walked.listed) == ("running", 31)
    assert cuts.asked == [("a/009", None, WIDTH)]
    assert await bounds_of(scene, job) == [
        (None, "b/010"),
        ("b/010", "b/011"),
        ("b/011", "c"),
        ("c", None),
    ]
    first, *others = await scene.ranges(job)
    assert (first.cursor, first.state) == ("b/010", "done")
    for each in others:
        assert (each.state, each.cursor) == ("open", each.lower)
        queued = await look_at_queue(scene.database, replace(job, range_id=each.range_id))
        assert queued == [{"status": "todo", "tries": 0, "due_in": 0}]
    done = await scene.finish(job)
    assert (done.state, done.listed, done.added) == ("completed", 69, 66)
    assert len(await scene.assets()) == 66


@pytest.mark.parametrize("filters", [None, {"exclude": ["c/**", "b/01*"]}], ids=str)
@pytest.mark.parametrize("prefix", ["", "b/"])
async def test_what_the_pieces_find_is_what_one_range_finds(
    scene: Scene, cuts: Cuts, filters: dict[str, object] | None, prefix: str
) -> None:
    whole = Scene(scene.database, scene.org_id, scene.ground, scene.clock)
    whole.ground = await lay_ground(scene.database, scene.org_id)
    results = []
    for each in (scene, whole):
        stock(each.store)
        jobs = [await each.sync(prefix=prefix, filters=filters)]
        alter(each.store)
        jobs += [await each.sync(prefix=prefix, filters=filters) for _ in range(2)]
        results.append(
            (
                [(job.state, counts_of(job), job.skipped_by_reason, job.applied) for job in jobs],
                await each.changes(jobs[1]),
                {
                    key: (asset.state, asset.version, asset.etag)
                    for key, asset in (await each.assets()).items()
                },
            )
        )
        ranges = len(await bounds_of(each, jobs[1]))
        assert (ranges > 1) is (each is scene)
    assert results[0] == results[1]
    assert len(cuts.asked) >= 3


async def test_files_move_from_one_piece_to_another(scene: Scene, cuts: Cuts) -> None:
    stock(scene.store)
    await scene.sync()
    before = await scene.ids()
    alter(scene.store)
    cuts.asked.clear()
    job = await scene.sync()
    assert cuts.asked
    assert differences_in(job) == {"added": 1, "changed": 6, "moved": 6, "missing": 7}
    after = await scene.ids()
    for number in range(6):
        assert after[f"a/new/{number}"] == before[f"old/{number}"]


async def test_a_range_is_cut_again_when_another_is_done(scene: Scene, cuts: Cuts) -> None:
    scene.bench = Bench(scene.database, scene.store, scene.clock, most_ranges=2)
    fill(scene.store, 70)
    cuts.keys = ["030", "045", "058"]
    job = await scene.begin()
    await scene.step(job)
    assert await bounds_of(scene, job) == [(None, "030"), ("030", None)]
    await scene.step(job)
    assert await bounds_of(scene, job) == [(None, "030"), ("030", "045"), ("045", None)]
    done = await scene.finish(job)
    assert await bounds_of(scene, job) == [
        (None, "030"),
        ("030", "045"),
        ("045", "058"),
        ("058", None),
    ]
    assert [pieces for *_, pieces in cuts.asked] == [2] * 4
    assert (done.state, done.added) == ("completed", 70)


@pytest.mark.parametrize(("keys", "width"), [(10, WIDTH), (60, 1)], ids=["short", "narrow"])
async def test_a_range_is_not_cut_when_it_is_short_or_nobody_could_walk_the_rest(
    scene: Scene, cuts: Cuts, keys: int, width: int
) -> None:
    scene.bench = Bench(scene.database, scene.store, scene.clock, most_ranges=width)
    fill(scene.store, keys)
    done = await scene.sync()
    assert (done.added, cuts.asked, len(await scene.ranges(done))) == (keys, [], 1)


async def test_an_import_that_finds_no_place_to_cut_goes_on_as_one_range(
    scene: Scene, cuts: Cuts
) -> None:
    cuts.keys = []
    fill(scene.store, 60)
    done = await scene.sync()
    assert (done.added, len(cuts.asked), len(await scene.ranges(done))) == (60, 5, 1)


async def test_a_page_listed_before_the_range_was_cut_is_lost_at_the_same_cursor(
    scene: Scene, cuts: Cuts
) -> None:
    stock(scene.store)
    job = await scene.begin()
    stale = await find_work(scene.database, job, scene.clock, most_ranges=WIDTH)
    assert stale is not None
    time = TimeSlice(timedelta(minutes=1))
    first, second, *_ = [step async for step in walk_pages(scene.store, stale, time)]
    merger = Merger(scene.database, scene.clock)
    await merger.apply(stale, first)
    walked = replace(stale, cursor=first.last)
    splitter = Splitter(scene.database, scene.clock, most_ranges=WIDTH)
    kept = await splitter.split(scene.store, walked, seen=first.found.rows)
    assert kept == replace(walked, upper="b/010")
    with pytest.raises(RangeLostError):
        await merger.apply(walked, second)
    assert (await scene.look(job)).listed == 10
    await merger.apply(kept, second.within(kept.upper))
    done = await scene.finish(job)
    assert (done.state, done.listed, done.added) == ("completed", 69, 66)
    assert cuts.asked[0] == ("a/009", None, WIDTH)


async def test_a_range_that_another_worker_walks_on_is_not_cut(scene: Scene, cuts: Cuts) -> None:
    stock(scene.store)
    job = await scene.begin()
    work = await find_work(scene.database, job, scene.clock, most_ranges=WIDTH)
    assert work is not None
    time = TimeSlice(timedelta(minutes=1))
    first, *_ = [step async for step in walk_pages(scene.store, work, time)]
    await Merger(scene.database, scene.clock).apply(work, first)
    splitter = Splitter(scene.database, scene.clock, most_ranges=WIDTH)
    with pytest.raises(RangeLostError):
        await splitter.split(scene.store, work, seen=())
    assert await bounds_of(scene, job) == [(None, None)]
    assert cuts.asked == [(None, None, WIDTH)]


@pytest.mark.parametrize("crowd", [2, 3])
async def test_workers_that_walk_the_same_ranges_at_once_write_each_key_once(
    scene: Scene, cuts: Cuts, crowd: int
) -> None:
    stock(scene.store)
    for found in ("added", "unchanged"):
        job = await scene.begin()
        workers = [bench_of(scene) for _ in range(crowd)]
        while (imported := await scene.look(job)).state in ("queued", "running"):
            open_ranges = [each for each in await scene.ranges(job) if each.state == "open"]
            await asyncio.gather(
                *(
                    worker.jobs.run(replace(job, range_id=each.range_id))
                    for each in open_ranges
                    for worker in workers
                )
            )
        assert (imported.state, imported.listed, getattr(imported, found)) == ("completed", 69, 66)
        assert (imported.rejected, differences_in(imported)) == (
            3,
            {"added": 66} if found == "added" else {},
        )
        assert len(await scene.assets()) == 66
    assert cuts.asked


async def test_the_store_itself_shows_where_to_cut(scene: Scene) -> None:
    stock(scene.store)
    done = await scene.sync()
    bounds = await bounds_of(scene, done)
    assert (done.state, done.listed, done.added, len(bounds) > 1) == ("completed", 69, 66, True)
    uppers = [upper for _, upper in bounds[:-1]]
    assert [lower for lower, _ in bounds] == [None, *uppers]
    assert (uppers, bounds[-1][1]) == (sorted(filter(None, uppers)), None)


async def test_a_lease_that_is_refused_after_a_cut_is_replaced_at_once(
    scene: Scene, cuts: Cuts
) -> None:
    class ClosingStore(SmallPages):
        async def before(self, page: ListingPage | UnorderedPage) -> None:
            if isinstance(page, ListingPage) and page.after == "b/004" and not leases.refused:
                raise StorageDeniedError("The session has ended.")

    leases = scene.bench.leases
    scene.use(ClosingStore(1))
    stock(scene.store)
    job = await scene.begin()
    walked = await scene.step(job)
    assert (walked.listed, len(leases.refused), len(cuts.asked)) == (31, 1, 1)
    assert await look_at_queue(scene.database, job) == []
