"""Steering: imports are paused, resumed, cancelled and tried again, whatever they are at."""

from uuid import uuid4

import pytest

from services.ingest.patience import FEW_TRIES
from services.ingest.ranges import RangeJob
from services.ingest.walks import planning
from shared.database.import_jobs import ImportJob, get_import_job
from shared.errors import BucketNotFoundError, ConflictError, NotFoundError
from tests.conftest import NOW
from tests.services.ingest.bench import look_at_queue
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene, counts_in, differences_in

SOME = 10  # of the changes are written in one step here
PHASES = ["scanning", "planning", "applying"]
COUNTS = ("listed", "added", "changed", "moved", "restored", "unchanged", "missing", "applied")


@pytest.fixture
def scene(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene in which every phase of an import takes several steps."""
    monkeypatch.setattr(planning, "BATCH_CHANGES", SOME)
    return scene


async def begin_sync(scene: Scene) -> RangeJob:
    """Import some objects, change the bucket, and begin to import it again."""
    fill(scene.store, 60)
    await scene.sync()
    scene.use(SmallPages(1))
    fill(scene.store, 55)
    fill(scene.store, 20, prefix="new")
    return await scene.begin()


DONE = {
    "listed": 75,
    "added": 20,
    "changed": 0,
    "moved": 0,
    "restored": 0,
    "unchanged": 55,
    "missing": 5,
    "applied": 25,
}


@pytest.mark.parametrize("phase", PHASES)
async def test_a_paused_import_rests_where_it_is_and_goes_on_from_there(
    scene: Scene, phase: str
) -> None:
    job = await begin_sync(scene)
    before = await scene.reach(job, phase, steps=phase != "planning")
    paused = (await scene.imports.pause(scene.org_id, job.import_id)).job
    assert (paused.state, paused.phase) == ("paused", phase)
    writers, ranges = await scene.writers(), [each.cursor for each in await scene.ranges(job)]
    for _ in range(2):
        still = await scene.step(job)
    assert (still.state, counts_in(still, *COUNTS)) == ("paused", counts_in(before, *COUNTS))
    assert await scene.writers() == writers
    assert [each.cursor for each in await scene.ranges(job)] == ranges
    resumed = (await scene.imports.resume(scene.org_id, job.import_id)).job
    assert (resumed.state, resumed.phase) == ("running", phase)
    done = await scene.finish(job)
    assert (done.state, counts_in(done, *COUNTS)) == ("completed", DONE)
    assert list((await scene.states()).values()).count("missing") == 5


async def test_a_resumed_import_has_a_job_again(scene: Scene) -> None:
    fill(scene.store, 25)
    job = await scene.begin()
    await scene.imports.pause(scene.org_id, job.import_id)
    await scene.bench.jobs.run(job)
    assert await look_at_queue(scene.database, job) == []
    resumed = (await scene.imports.resume(scene.org_id, job.import_id)).job
    assert (resumed.state, resumed.started_at) == ("queued", None)
    assert await look_at_queue(scene.database, job) == [{"status": "todo", "tries": 0, "due_in": 0}]
    assert (await scene.finish(job)).added == 25


async def test_an_import_that_is_paused_in_the_middle_of_a_page_writes_nothing_of_it(
    scene: Scene,
) -> None:
    class PausingStore(SmallPages):
        async def before(self, _page: object) -> None:
            await scene.imports.pause(scene.org_id, job.import_id)

    store = PausingStore(1)
    fill(store, 25)
    scene.use(store)
    job = await scene.begin()
    paused = await scene.step(job)
    assert (paused.state, paused.listed, await scene.assets()) == ("paused", 0, {})


async def test_pausing_and_resuming_twice_is_as_good_as_once(scene: Scene) -> None:
    job = await scene.begin()
    for _ in range(2):
        assert (await scene.imports.pause(scene.org_id, job.import_id)).job.state == "paused"
    for _ in range(2):
        assert (await scene.imports.resume(scene.org_id, job.import_id)).job.state == "queued"


@pytest.mark.parametrize("phase", PHASES)
async def test_a_cancelled_import_writes_nothing_more_and_the_next_one_does_the_rest(
    scene: Scene, phase: str
) -> None:
    job = await begin_sync(scene)
    before = await scene.reach(job, phase, steps=phase != "planning")
    cancelled = (await scene.imports.cancel(scene.org_id, job.import_id)).job
    assert (cancelled.state, cancelled.phase) == ("cancelled", None)
    assert cancelled.finished_at == scene.clock.now()
    writers = await scene.writers()
    still = await scene.step(job)
    assert (still.state, counts_in(still, *COUNTS)) == ("cancelled", counts_in(before, *COUNTS))
    assert await scene.writers() == writers
    rest = await scene.sync()
    assert rest.added + rest.missing == 25 - before.applied
    assert sorted((await scene.states()).items()) == sorted(
        {
            **{f"{number:03}": "available" for number in range(55)},
            **{f"{number:03}": "missing" for number in range(55, 60)},
            **{f"new{number:03}": "available" for number in range(20)},
        }.items()
    )


async def test_a_paused_and_a_waiting_import_can_be_cancelled(scene: Scene) -> None:
    paused = await begin_sync(scene)
    await scene.imports.pause(scene.org_id, paused.import_id)
    assert (await scene.imports.cancel(scene.org_id, paused.import_id)).job.state == "cancelled"
    scene.use(SmallPages(1))
    waiting = await scene.sync(agree=False)
    assert waiting.state == "awaiting_decision"
    assert (await scene.imports.cancel(scene.org_id, waiting.import_id)).job.state == "cancelled"
    assert set((await scene.states()).values()) == {"available"}


async def fail(scene: Scene, job: RangeJob, phase: str, patch: pytest.MonkeyPatch) -> ImportJob:
    """Let an import fail at a phase."""
    await scene.reach(job, phase, steps=phase != "planning")
    with patch.context() as mistaken:
        if phase == "scanning":
            scene.store.fail(BucketNotFoundError("It is gone."))
        for name in ("find_moves", "apply_changes"):
            mistaken.setattr(planning, name, None)
        failed = await scene.look(job)
        for tries in range(FEW_TRIES + 1):
            failed = await scene.step(RangeJob(job.org_id, job.import_id, job.range_id, 0, tries))
    scene.store.recover()
    return failed


@pytest.mark.parametrize("phase", PHASES)
async def test_a_failed_import_goes_on_where_it_was(
    scene: Scene, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await begin_sync(scene)
    failed = await fail(scene, job, phase, monkeypatch)
    code = "bucket-not-found" if phase == "scanning" else "internal-error"
    assert (failed.state, failed.phase, failed.failure_code) == ("failed", phase, code)
    assert failed.listed == (20 if phase == "scanning" else 75)
    again = (await scene.imports.retry(scene.org_id, job.import_id)).job
    assert (again.state, again.phase, again.finished_at) == ("running", phase, None)
    assert (again.failure_code, again.failure_detail) == (None, None)
    done = await scene.finish(job)
    assert (done.state, counts_in(done, *COUNTS)) == ("completed", DONE)


async def test_a_failed_import_is_not_tried_again_after_a_later_one(scene: Scene) -> None:
    fill(scene.store, 25)
    scene.store.fail(BucketNotFoundError("It is gone."), after_pages=12)
    failed = await scene.sync(prefix="0")
    scene.store.recover()
    await scene.sync(prefix="1")
    later = await scene.begin(prefix="00", plan="dry_run")
    for _ in range(2):
        with pytest.raises(ConflictError):
            await scene.imports.retry(scene.org_id, failed.import_id)
        await scene.finish(later)


async def test_an_import_of_other_keys_does_not_keep_a_failed_one_from_going_on(
    scene: Scene,
) -> None:
    fill(scene.store, 25, prefix="a/")
    scene.store.fail(BucketNotFoundError("It is gone."), after_pages=12)
    failed = await scene.sync(prefix="a/")
    scene.store.recover()
    await scene.sync(prefix="b/")
    await scene.begin(prefix="c/")
    await scene.imports.retry(scene.org_id, failed.import_id)
    done = await scene.finish(scene.job_of(failed))
    assert (done.state, done.added) == ("completed", 25)


@pytest.mark.parametrize("state", ["queued", "running", "paused", "completed", "cancelled"])
async def test_only_a_failed_import_is_tried_again(scene: Scene, state: str) -> None:
    job = await scene.begin()
    async with scene.database.begin(scene.org_id) as session:
        (await get_import_job(session, job.import_id)).state = state
    with pytest.raises(ConflictError):
        await scene.imports.retry(scene.org_id, job.import_id)


@pytest.mark.parametrize(
    "state", ["awaiting_decision", "completed", "failed", "cancelled", "discarded"]
)
async def test_what_does_not_run_is_neither_paused_nor_resumed(scene: Scene, state: str) -> None:
    job = await scene.begin()
    async with scene.database.begin(scene.org_id) as session:
        imported = await get_import_job(session, job.import_id)
        imported.state = state
    for steer in (scene.imports.pause, scene.imports.resume):
        with pytest.raises(ConflictError):
            await steer(scene.org_id, job.import_id)


async def test_an_import_of_another_organization_cannot_be_steered(scene: Scene) -> None:
    job = await scene.begin()
    steers = (
        scene.imports.pause,
        scene.imports.resume,
        scene.imports.cancel,
        scene.imports.retry,
    )
    for steer in steers:
        with pytest.raises(NotFoundError):
            await steer(uuid4(), job.import_id)
    assert (await scene.look(job)).state == "queued"


async def test_an_import_that_failed_before_it_began_begins_when_it_is_tried_again(
    scene: Scene,
) -> None:
    fill(scene.store, 25)
    job = await scene.begin()
    async with scene.database.begin(scene.org_id) as session:
        imported = await get_import_job(session, job.import_id)
        imported.state, imported.started_at, imported.finished_at = "failed", NOW, NOW
    again = (await scene.imports.retry(scene.org_id, job.import_id)).job
    assert (again.state, again.phase) == ("queued", None)
    running = await scene.step(job)
    assert (running.state, running.phase) == ("running", "scanning")
    done = await scene.finish(job)
    assert (done.state, differences_in(done)) == ("completed", {"added": 25})
