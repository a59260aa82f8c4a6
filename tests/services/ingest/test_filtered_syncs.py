"""Filtered imports: what is left out is counted by its reason, and is not gone because of that."""

from datetime import timedelta
from typing import Any

import pytest

from services.ingest.filters import Filters
from tests.conftest import NOW
from tests.services.ingest.bench import counts_of
from tests.services.ingest.paged_stores import fill
from tests.services.ingest.scenes import Scene, big, differences_in

EARLIER = NOW - timedelta(days=1)


def filters(**asked: Any) -> dict[str, Any]:
    return Filters(**asked).to_json()


EVERY = filters(
    skip_folder_markers=True,
    extensions=("jpg",),
    min_size=2,
    modified_since=EARLIER,
    include=("in/**",),
    exclude=("**/*.thumb.jpg",),
)


def stock(scene: Scene) -> None:
    put = scene.store.put
    for number in range(15):
        put(f"in/{number:02}.jpg", b"picture", last_modified=NOW)
        put(f"in/{number:02}.thumb.jpg", b"thumb", last_modified=NOW)
    for number in range(3):
        put(f"in/{number:02}/", last_modified=NOW)
        put(f"in/{number:02}.txt", b"text", last_modified=NOW)
        put(f"in/{number:02}.tiny.jpg", b"1", last_modified=NOW)
        put(f"in/{number:02}.old.jpg", b"older", last_modified=EARLIER - timedelta(hours=1))
        put(f"out/{number:02}.jpg", b"picture", last_modified=NOW)
    put(b"in/\xff.jpg")


async def test_what_each_filter_left_out_is_counted(scene: Scene) -> None:
    stock(scene)
    for found in ("added", "unchanged"):
        job = await scene.sync(filters=EVERY)
        assert (job.state, job.listed, job.skipped, job.rejected) == ("completed", 46, 30, 1)
        assert job.skipped_by_reason == {
            "folder-marker": 3,
            "filtered-by-extension": 3,
            "filtered-by-size": 3,
            "filtered-by-age": 3,
            "filtered-by-include": 3,
            "filtered-by-exclude": 15,
        }
        assert (getattr(job, found), counts_of(job).skipped) == (15, 30)
    assert sorted(await scene.ids()) == [f"in/{number:02}.jpg" for number in range(15)]


@pytest.mark.parametrize("most_assets", [5, 50_000])
async def test_a_listed_key_that_is_left_out_is_never_missing(
    scene: Scene, most_assets: int
) -> None:
    stock(scene)
    await scene.sync()
    writers = await scene.writers()
    scene.bench.jobs._walker._most_assets = most_assets
    job = await scene.sync(filters=EVERY, agree=False)
    assert (job.state, job.unchanged, job.skipped, differences_in(job)) == ("completed", 15, 30, {})
    assert await scene.writers() == writers


async def test_what_is_left_out_stays_as_it_was_known(scene: Scene) -> None:
    fill(scene.store, 9, prefix="a")
    scene.store.put("b.txt", b"one", last_modified=NOW)
    scene.store.put("c.txt", b"one", last_modified=NOW)
    await scene.sync()
    scene.store.remove("c.txt")
    await scene.sync()
    before = await scene.writers()
    scene.store.put("b.txt", b"another", last_modified=NOW)
    scene.store.put("c.txt", b"one", last_modified=NOW)
    scene.store.put("d.txt", b"new", last_modified=NOW)
    job = await scene.sync(filters=filters(exclude=("*.txt",)))
    assert (differences_in(job), job.skipped) == ({}, 3)
    assert await scene.writers() == before
    job = await scene.sync()
    assert differences_in(job) == {"added": 1, "changed": 1, "restored": 1}


async def test_an_asset_whose_key_is_listed_no_more_is_missing_whatever_is_left_out(
    scene: Scene,
) -> None:
    fill(scene.store, 9, prefix="a")
    scene.store.put("b.txt", b"one", last_modified=NOW)
    await scene.sync()
    scene.store.remove("b.txt")
    job = await scene.sync(filters=filters(exclude=("*.txt",)))
    assert (differences_in(job), job.skipped) == ({"missing": 1}, 0)


async def test_a_file_that_moves_to_where_it_is_left_out_is_missing(scene: Scene) -> None:
    fill(scene.store, 9, prefix="a")
    scene.store.put("b.jpg", big("b"), last_modified=EARLIER)
    await scene.sync(filters=filters(exclude=("bin/**",)))
    scene.store.remove("b.jpg")
    scene.store.put("bin/b.jpg", big("b"), last_modified=NOW)
    job = await scene.sync(filters=filters(exclude=("bin/**",)))
    assert (differences_in(job), job.skipped) == ({"missing": 1}, 1)


async def test_source_files_are_filtered_too(scene: Scene) -> None:
    stock(scene)
    entries = [f"in/{number:02}.jpg" for number in range(20)]
    entries += [f"in/{number:02}.tiny.jpg" for number in range(3)]
    await scene.sync(source_files=entries)
    job = await scene.sync(source_files=entries, filters=filters(min_size=2))
    assert (job.listed, job.unchanged, job.skipped_by_reason) == (23, 15, {"filtered-by-size": 3})
    assert (job.rejected_by_code, differences_in(job)) == ({"source-file-missing": 5}, {})
    assert len(await scene.states()) == 18
