"""Paces: how many ranges of a location are listed at once, and which of them go first."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.ingest import jobs as jobs_module
from services.ingest.ranges import RangeJob, TooManyRangesError, find_work
from services.ingest.submission import begin_import
from shared.clock import FrozenClock
from shared.database.import_jobs import NewImport
from shared.database.import_ranges import add_import_range
from shared.database.listing_paces import GROWS_EVERY, get_width
from shared.database.queue import defer_walk, someone_waits
from shared.database.session import NO_ORG, Database
from shared.errors import StorageThrottledError, StorageUnavailableError
from tests.conftest import NOW, add_tenant
from tests.services.ingest.bench import Bench, look_at_queue
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene

WIDTH = 4
SLOW_DOWN = StorageThrottledError("Please reduce your request rate.", wait=timedelta(seconds=1))


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A scene whose location is listed in up to four ranges at a time."""
    scene.bench = Bench(scene.database, scene.store, scene.clock, most_ranges=WIDTH)
    return scene


async def begin_in_pieces(scene: Scene, pieces: int, *, prefix: str = "") -> list[RangeJob]:
    """Begin an import of as many ranges, oldest first."""
    job = await scene.begin(prefix=prefix)
    jobs = [job]
    async with scene.database.begin(scene.org_id) as session:
        for number in range(1, pieces):
            lower = f"{prefix}{number:03}"
            other = await add_import_range(session, job.org_id, job.import_id, lower=lower)
            jobs.append(replace(job, range_id=other))
    return jobs


async def admitted(scene: Scene, jobs: list[RangeJob], *, most: int = WIDTH) -> list[bool]:
    """Say for each range whether it would be listed now."""
    found = []
    for job in jobs:
        try:
            work = await find_work(scene.database, job, scene.clock, most_ranges=most)
        except TooManyRangesError:
            found.append(False)
        else:
            assert work is not None
            found.append(True)
    return found


async def width(scene: Scene) -> int:
    async with scene.database.begin(scene.org_id) as session:
        return await get_width(session, scene.ground.location_id, most=WIDTH, now=scene.clock.now())


async def test_the_oldest_ranges_of_a_location_are_listed_first(scene: Scene) -> None:
    jobs = await begin_in_pieces(scene, 6)
    assert await admitted(scene, jobs) == [True] * 4 + [False] * 2
    await scene.bench.jobs.run(jobs[1])
    assert await admitted(scene, [jobs[0], *jobs[2:]]) == [True] * 4 + [False]


async def test_a_range_that_must_wait_looks_again_a_little_later(scene: Scene) -> None:
    fill(scene.store, 25)
    jobs = await begin_in_pieces(scene, 5)
    await scene.bench.jobs.run(replace(jobs[-1], tries=3, doubts=1))
    assert await look_at_queue(scene.database, jobs[-1]) == [
        {"status": "todo", "tries": 3, "due_in": 2}
    ]
    imported = await scene.look(jobs[0])
    assert (imported.waiting_for, imported.listed, await scene.assets()) == (None, 0, {})


async def test_a_store_that_slows_us_is_listed_by_half_as_many(scene: Scene) -> None:
    jobs = await begin_in_pieces(scene, 4)
    assert await width(scene) == 4
    scene.store.fail(SLOW_DOWN)
    await scene.bench.jobs.run(jobs[0])
    assert (await width(scene), (await scene.look(jobs[0])).waiting_for) == (2, SLOW_DOWN.code)
    assert await admitted(scene, jobs) == [True, True, False, False]
    scene.clock.advance(GROWS_EVERY)
    assert await admitted(scene, jobs) == [True, True, True, False]
    scene.clock.advance(GROWS_EVERY)
    assert await admitted(scene, jobs) == [True] * 4


async def test_a_store_that_is_away_for_another_reason_is_listed_as_before(scene: Scene) -> None:
    jobs = await begin_in_pieces(scene, 4)
    scene.store.fail(StorageUnavailableError("away"))
    await scene.bench.jobs.run(jobs[0])
    assert await width(scene) == 4


async def test_the_oldest_range_of_each_import_is_always_listed(scene: Scene) -> None:
    first = await begin_in_pieces(scene, 3, prefix="a/")
    second = await begin_in_pieces(scene, 3, prefix="b/")
    assert await admitted(scene, first, most=1) == [True, False, False]
    assert await admitted(scene, second, most=1) == [True, False, False]
    assert await admitted(scene, first + second, most=2) == [True, True, False, True, False, False]


async def test_imports_that_rest_take_no_place(scene: Scene) -> None:
    first = await begin_in_pieces(scene, 3, prefix="a/")
    second = await begin_in_pieces(scene, 2, prefix="b/")
    await admitted(scene, first[:1])
    assert await admitted(scene, second, most=2) == [True, False]
    await scene.imports.pause(scene.org_id, first[0].import_id)
    assert await admitted(scene, second, most=2) == [True, True]


async def test_another_location_has_places_of_its_own(scene: Scene) -> None:
    jobs = await begin_in_pieces(scene, 4)
    elsewhere = Scene(
        scene.database,
        scene.org_id,
        await lay_ground(scene.database, scene.org_id),
        scene.clock,
    )
    others = await begin_in_pieces(elsewhere, 4)
    assert await admitted(scene, jobs) == [True] * 4
    assert await admitted(elsewhere, others) == [True] * 4


async def test_only_listing_is_paced(scene: Scene) -> None:
    fill(scene.store, 3)
    await scene.sync(prefix="0")
    (*_, last) = await begin_in_pieces(scene, 5, prefix="x")
    resync = await scene.begin(prefix="0")
    await scene.reach(resync, "planning")
    (planning,) = [each for each in await scene.ranges(resync) if each.state == "open"]
    jobs = [replace(resync, range_id=planning.range_id), last]
    assert await admitted(scene, jobs) == [True, False]


async def test_a_slowed_import_is_exact_in_the_end(scene: Scene) -> None:
    fill(scene.store, 80)
    jobs = await begin_in_pieces(scene, 1)
    scene.store.fail(SLOW_DOWN, after_pages=15)
    await scene.bench.jobs.run(jobs[0])
    scene.store.recover()
    done = await scene.finish(jobs[0])
    assert (done.state, done.listed, done.added, len(await scene.assets())) == (
        "completed",
        80,
        80,
        80,
    )


@pytest.fixture
async def alone(
    own_database_url: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """A scene whose queue nobody else uses, with jobs that look at once who waits."""
    monkeypatch.setattr(jobs_module, "YIELDS_AFTER", timedelta())
    database = Database(own_database_url)
    tenant = await add_tenant(database)
    scene = Scene(
        database,
        tenant.org_id,
        await lay_ground(database, tenant.org_id),
        FrozenClock(NOW),
        SmallPages(1),
    )
    scene.bench = Bench(database, scene.store, scene.clock)
    yield scene
    await database.close()


async def put_in_queue(scene: Scene, job: RangeJob, *, is_urgent: bool, due_in: int = 0) -> None:
    async with scene.database.begin(scene.org_id) as session:
        await defer_walk(
            session,
            org_id=job.org_id,
            import_id=job.import_id,
            range_id=job.range_id,
            delay=timedelta(seconds=due_in),
            is_urgent=is_urgent,
        )


@pytest.mark.parametrize(
    ("is_urgent", "due_in", "listed"),
    [(True, 0, 10), (False, 0, 35), (True, 60, 35)],
    ids=["begins", "goes on", "begins later"],
)
async def test_a_big_import_gives_its_place_to_one_that_begins(
    alone: Scene, *, is_urgent: bool, due_in: int, listed: int
) -> None:
    fill(alone.store, 35, prefix="big/")
    big, small = await alone.begin(prefix="big/"), await alone.begin(prefix="small/")
    await put_in_queue(alone, small, is_urgent=is_urgent, due_in=due_in)
    await alone.bench.jobs.run(big)
    assert (await alone.look(big)).listed == listed
    waiting = [{"status": "todo", "tries": 0, "due_in": 0}] if listed < 35 else []
    assert await look_at_queue(alone.database, big) == waiting


async def test_a_job_that_began_a_moment_ago_keeps_its_place(
    alone: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "YIELDS_AFTER", timedelta(minutes=1))
    fill(alone.store, 35, prefix="big/")
    big, small = await alone.begin(prefix="big/"), await alone.begin(prefix="small/")
    await put_in_queue(alone, small, is_urgent=True)
    await alone.bench.jobs.run(big)
    assert (await alone.look(big)).state == "completed"


async def test_the_first_job_of_an_import_is_urgent_and_those_that_follow_are_not(
    alone: Scene,
) -> None:
    fill(alone.store, 35)
    alone.bench = Bench(alone.database, alone.store, alone.clock, slice_length=timedelta())
    async with alone.database.begin(alone.org_id) as session:
        imported = await begin_import(
            session,
            NewImport(
                org_id=alone.org_id,
                dataset_id=alone.ground.dataset_id,
                location_id=alone.ground.location_id,
                selection="prefix",
                prefix="",
            ),
        )
    job = alone.job_of(imported)
    waits = [await somebody_waits(alone)]
    await alone.take_jobs(job)
    for _ in range(2):
        await alone.step(job)
        waits.append(await somebody_waits(alone))
    await alone.imports.pause(alone.org_id, job.import_id)
    await alone.take_jobs(job)
    await alone.imports.resume(alone.org_id, job.import_id)
    waits.append(await somebody_waits(alone))
    assert waits == [True, False, False, True]


async def somebody_waits(scene: Scene) -> bool:
    async with scene.database.begin(NO_ORG) as session:
        return await someone_waits(session)
