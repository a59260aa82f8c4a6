"""The guard: what would lose many assets at once waits until somebody agrees."""

from uuid import uuid4

import pytest

from services.ingest.imports import Decision
from services.ingest.phases import must_be_asked
from shared.database.import_jobs import ImportJob
from shared.errors import ConflictError, NotFoundError
from tests.conftest import NOW
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene, big, differences_in


def plan(share: float, *, missing: int, stay: int, moved: int = 0, added: int = 0) -> ImportJob:
    return ImportJob(
        max_missing_share=share,
        missing=missing,
        unchanged=stay,
        changed=0,
        moved=moved,
        added=added,
        restored=0,
    )


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        (plan(0.2, missing=0, stay=0), False),
        (plan(0.2, missing=0, stay=9), False),
        (plan(0.2, missing=1, stay=5), False),
        (plan(0.2, missing=2, stay=8), False),
        (plan(0.2, missing=3, stay=8), True),
        (plan(0, missing=1, stay=10_000_000), True),
        (plan(0, missing=0, stay=1), False),
        (plan(1, missing=99, stay=1), False),
        (plan(1, missing=1, stay=0), True),
        (plan(1, missing=9, stay=0, added=9), True),
        (plan(0.2, missing=2, stay=0, moved=8), False),
        (plan(0.29, missing=29, stay=71), False),
        (plan(0.29, missing=30, stay=71), True),
        (plan(0.07, missing=7, stay=93), False),
        (plan(0.57, missing=57, stay=43), False),
    ],
)
def test_more_than_the_share_must_be_asked_for_and_always_when_all_would_go(
    plan: ImportJob, *, asked: bool
) -> None:
    assert must_be_asked(plan) is asked


def test_exactly_the_share_is_not_asked_for_and_one_more_is() -> None:
    for gone in range(1, 1000):
        share = float(f"0.{gone:03}")
        assert not must_be_asked(plan(share, missing=gone, stay=1000 - gone)), share
        assert must_be_asked(plan(share, missing=gone + 1, stay=999 - gone)), share


async def lose(scene: Scene, gone: int, *, of: int, **what: object) -> ImportJob:
    """Import a bucket twice: the second time these many keys less, not agreed to."""
    fill(scene.store, of)
    await scene.sync()
    for number in range(gone):
        scene.store.remove(f"{number:03}")
    return await scene.sync(agree=False, **what)


@pytest.mark.parametrize(
    ("gone", "what", "state"),
    [
        (2, {}, "completed"),
        (3, {}, "awaiting_decision"),
        (3, {"max_missing_share": 0.3}, "completed"),
        (9, {"max_missing_share": 1}, "completed"),
        (1, {"max_missing_share": 0}, "awaiting_decision"),
        (10, {"max_missing_share": 1}, "awaiting_decision"),
        (10, {}, "awaiting_decision"),
    ],
)
async def test_an_import_asks_before_it_loses_more_than_its_share(
    scene: Scene, gone: int, what: dict[str, object], state: str
) -> None:
    job = await lose(scene, gone, of=10, **what)
    assert (job.state, job.missing, job.applied) == (
        state,
        gone,
        gone if state == "completed" else 0,
    )


async def test_nothing_is_written_before_the_decision(scene: Scene) -> None:
    fill(scene.store, 10)
    await scene.sync()
    writers = await scene.writers()
    scene.use(SmallPages(1))
    scene.store.put("new", big("new"))
    waiting = await scene.sync(agree=False)
    assert (waiting.state, waiting.phase) == ("awaiting_decision", "planning")
    assert differences_in(waiting) == {"added": 1, "missing": 10}
    assert await scene.writers() == writers
    assert [kind for kind, *_ in await scene.changes(waiting)] == ["missing"] * 10 + ["added"]
    assert await scene.events() == [
        "import.completed",
        "dataset.changed",
        "import.awaiting_decision",
    ]


async def test_an_import_that_is_agreed_to_does_what_it_planned(scene: Scene) -> None:
    waiting = await lose(scene, 9, of=10)
    decided = await scene.imports.decide(scene.org_id, waiting.import_id, "apply")
    assert (decided.job.state, decided.job.phase) == ("running", "applying")
    (job,) = [each for each in await scene.ranges(waiting) if each.state == "open"]
    assert job.kind == "apply"
    done = await scene.finish(scene.job_of(waiting))
    assert (done.state, done.missing, done.applied) == ("completed", 9, 9)
    states = await scene.states()
    assert sorted(states) == [f"{number:03}" for number in range(10)]
    assert [key for key, state in states.items() if state == "available"] == ["009"]


async def test_what_came_after_the_plan_is_left_to_the_next_import(scene: Scene) -> None:
    waiting = await lose(scene, 9, of=10)
    fill(scene.store, 10)
    scene.store.put("late", last_modified=NOW)
    await scene.imports.decide(scene.org_id, waiting.import_id, "apply")
    await scene.finish(scene.job_of(waiting))
    assert set((await scene.states()).values()) == {"available", "missing"}
    job = await scene.sync()
    assert differences_in(job) == {"added": 1, "restored": 9}
    assert set((await scene.states()).values()) == {"available"}


async def test_a_discarded_plan_writes_nothing_and_lets_others_begin(scene: Scene) -> None:
    waiting = await lose(scene, 9, of=10)
    writers = await scene.writers()
    discarded = (await scene.imports.decide(scene.org_id, waiting.import_id, "discard")).job
    assert (discarded.state, discarded.phase) == ("discarded", None)
    assert discarded.finished_at == scene.clock.now()
    assert await scene.writers() == writers
    assert len(await scene.changes(waiting)) == 9
    fill(scene.store, 10)
    assert differences_in(await scene.sync(agree=False)) == {}


@pytest.mark.parametrize("decision", ["apply", "discard"])
async def test_only_what_waits_can_be_decided_and_only_once(
    scene: Scene, decision: Decision
) -> None:
    begun = await scene.begin()
    with pytest.raises(ConflictError):
        await scene.imports.decide(scene.org_id, begun.import_id, decision)
    await scene.finish(begun)
    waiting = await lose(scene, 9, of=10)
    await scene.imports.decide(scene.org_id, waiting.import_id, decision)
    with pytest.raises(ConflictError):
        await scene.imports.decide(scene.org_id, waiting.import_id, decision)
    with pytest.raises(NotFoundError):
        await scene.imports.decide(uuid4(), waiting.import_id, decision)


async def test_an_import_that_waits_for_a_decision_holds_its_place(scene: Scene) -> None:
    await lose(scene, 9, of=10)
    with pytest.raises(ConflictError):
        await scene.begin()


async def test_the_decision_is_about_moves_as_moves(scene: Scene) -> None:
    for number in range(10):
        scene.store.put(f"a/{number}", big(str(number)))
    await scene.sync()
    for number in range(10):
        scene.store.remove(f"a/{number}")
        if number:
            scene.store.put(f"b/{number}", big(str(number)), last_modified=NOW)
    job = await scene.sync(agree=False)
    assert (job.state, differences_in(job)) == ("completed", {"moved": 9, "missing": 1})
