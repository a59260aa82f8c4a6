"""Overlaps: imports of the same keys never run together, those of other keys do."""

import asyncio
from typing import Any

import pytest

from services.ingest.ranges import RangeJob
from shared.database.import_jobs import get_import_job
from shared.errors import ConflictError
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import fill
from tests.services.ingest.scenes import Scene, differences_in

FILES: dict[str, Any] = {"source_files": ["z/1"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"prefix": ""}, {"prefix": ""}),
        ({"prefix": ""}, {"prefix": "a/"}),
        ({"prefix": "a/"}, {"prefix": ""}),
        ({"prefix": "a/"}, {"prefix": "a/b/"}),
        ({"prefix": "a/b/"}, {"prefix": "a/"}),
        ({"prefix": "a"}, {"prefix": "ab"}),
        ({"prefix": "a%_\\"}, {"prefix": "a%_\\b"}),
        ({"prefix": "a/"}, FILES),
        (FILES, {"prefix": "a/"}),
        (FILES, FILES),
        ({"prefix": "a/"}, {"prefix": "a/", "plan": "dry_run"}),
    ],
)
async def test_an_import_of_keys_that_another_may_touch_is_refused(
    scene: Scene, first: dict[str, Any], second: dict[str, Any]
) -> None:
    active = await scene.begin(**first)
    with pytest.raises(ConflictError) as refused:
        await scene.begin(**second)
    assert refused.value.members == {"import_id": str(active.import_id)}


@pytest.mark.parametrize("state", ["queued", "running", "paused", "awaiting_decision"])
async def test_an_import_holds_its_place_until_it_has_ended(scene: Scene, state: str) -> None:
    job = await scene.begin(prefix="a/")
    async with scene.database.begin(scene.org_id) as session:
        (await get_import_job(session, job.import_id)).state = state
    with pytest.raises(ConflictError):
        await scene.begin(prefix="a/")


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled", "discarded"])
async def test_an_import_that_has_ended_lets_others_begin(scene: Scene, state: str) -> None:
    job = await scene.begin(prefix="a/")
    async with scene.database.begin(scene.org_id) as session:
        (await get_import_job(session, job.import_id)).state = state
    await scene.begin(prefix="a/")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/", "b/"),
        ("a/b/", "a/c/"),
        ("a_/", "ab/"),
        ("a%", "ab"),
        ("ab", "aB"),
        ("\u00e9", "e\u0301"),
    ],
)
async def test_imports_of_other_keys_run_side_by_side(
    scene: Scene, first: str, second: str
) -> None:
    for prefix in (first, second):
        fill(scene.store, 25, prefix=prefix)
    await scene.sync()
    for number in range(3):
        scene.store.remove(f"{first}{number:03}")
        scene.store.put(f"{second}new{number}")
    jobs = [await scene.begin(prefix=prefix) for prefix in (first, second)]
    done = [await scene.look(job) for job in jobs]
    while not all(job.finished_at for job in done):
        done = [await scene.step(job) for job in jobs]
    assert [(job.state, job.unchanged, differences_in(job)) for job in done] == [
        ("completed", 22, {"missing": 3}),
        ("completed", 25, {"added": 3}),
    ]
    gone = [key for key, state in (await scene.states()).items() if state == "missing"]
    assert sorted(gone) == [f"{first}{number:03}" for number in range(3)]


async def test_of_imports_that_begin_at_the_same_time_one_is_let_in(scene: Scene) -> None:
    begun = await asyncio.gather(
        *(scene.begin(prefix=prefix) for prefix in ("a/", "", "a/b/", "a/b/c")),
        return_exceptions=True,
    )
    (active,) = [each for each in begun if isinstance(each, RangeJob)]
    assert [each.members for each in begun if isinstance(each, ConflictError)] == [
        {"import_id": str(active.import_id)}
    ] * 3


async def test_one_bucket_may_be_imported_into_several_datasets_at_once(scene: Scene) -> None:
    fill(scene.store, 25)
    other = await lay_ground(scene.database, scene.org_id)
    elsewhere = Scene(scene.database, scene.org_id, other, scene.clock, scene.store)
    jobs = [await scene.begin(), await elsewhere.begin()]
    done = [await scene.finish(job) for job in jobs]
    assert [(job.state, job.added) for job in done] == [("completed", 25)] * 2
    assert (await scene.assets()).keys() == (await elsewhere.assets()).keys()
