"""Moves: an object that comes at another key keeps its asset, when it is surely the same one."""

from datetime import timedelta

import pytest

from shared.database.import_changes import TINY_BYTES
from tests.conftest import NOW
from tests.services.ingest.paged_stores import set_etag
from tests.services.ingest.scenes import BIG, Scene, big, differences_in

MINUTE = timedelta(minutes=1)


def rename(scene: Scene, old: str, new: str) -> None:
    """Copy an object and delete the old one, as customers rename."""
    stored = scene.store._objects[old.encode()]
    scene.store.put(new, stored.body, last_modified=stored.row.last_modified + MINUTE)
    set_etag(scene.store, new, stored.row.etag)
    scene.store.remove(old)


async def test_a_moved_file_keeps_its_asset_and_its_history(scene: Scene) -> None:
    scene.store.put("inbox/cat.jpg", big("cat"))
    await scene.sync()
    (before,) = (await scene.assets()).values()
    rename(scene, "inbox/cat.jpg", "done/tom.jpg")
    job = await scene.sync()
    assert (job.state, differences_in(job), job.applied) == ("completed", {"moved": 1}, 1)
    (after,) = (await scene.assets()).values()
    assert after.key == "done/tom.jpg"
    assert (after.asset_id, after.created_at) == (before.asset_id, before.created_at)
    assert (after.version, after.state, after.etag) == (2, "available", before.etag)
    assert after.last_modified == before.last_modified + MINUTE
    (was,) = await scene.history()
    assert (was.asset_id, was.version, was.import_id) == (before.asset_id, 1, job.import_id)
    assert (was.key, was.size, was.etag) == ("inbox/cat.jpg", BIG, before.etag)
    assert was.last_modified == before.last_modified
    (change,) = await scene.change_rows(job)
    assert (change.kind, change.key, change.previous_key, change.asset_id) == (
        "moved",
        "done/tom.jpg",
        "inbox/cat.jpg",
        before.asset_id,
    )


async def test_many_files_that_move_into_another_prefix_keep_their_assets(scene: Scene) -> None:
    names = [f"{number:03}.jpg" for number in range(60)]
    for name in names:
        scene.store.put(f"2025/{name}", big(name))
    scene.store.put("2025/stays", big("stays"))
    await scene.sync()
    before = await scene.ids()
    for name in names:
        rename(scene, f"2025/{name}", f"archive/2025/{name}")
    job = await scene.sync(agree=False)
    assert (job.state, differences_in(job), job.unchanged) == ("completed", {"moved": 60}, 1)
    assert await scene.ids() == {
        key if key == "2025/stays" else f"archive/{key}": asset_id
        for key, asset_id in before.items()
    }


async def test_a_file_that_moves_back_is_the_same_asset_still(scene: Scene) -> None:
    scene.store.put("a", big("cat"))
    await scene.sync()
    before = await scene.ids()
    for old, new in (("a", "b"), ("b", "a")):
        rename(scene, old, new)
        await scene.sync()
    (asset,) = (await scene.assets()).values()
    assert (await scene.ids(), asset.version) == (before, 3)
    assert [(was.version, was.key) for was in await scene.history()] == [(1, "a"), (2, "b")]


async def test_files_that_follow_each_other_keep_their_assets(scene: Scene) -> None:
    for name in ("a", "b", "c"):
        scene.store.put(name, big(name))
    await scene.sync()
    before = await scene.ids()
    for old, new in (("c", "d"), ("b", "x/b"), ("a", "0")):
        rename(scene, old, new)
    job = await scene.sync()
    assert differences_in(job) == {"moved": 3}
    assert await scene.ids() == {"d": before["c"], "x/b": before["b"], "0": before["a"]}


async def test_swapped_names_are_changed_contents_and_no_moves(scene: Scene) -> None:
    for name in ("a", "b"):
        scene.store.put(name, big(name))
    await scene.sync()
    before = await scene.ids()
    scene.store.put("a", big("b"), last_modified=NOW)
    scene.store.put("b", big("a"), last_modified=NOW)
    job = await scene.sync()
    assert (differences_in(job), await scene.ids()) == ({"changed": 2}, before)


async def test_a_file_that_takes_the_name_of_another_is_no_move(scene: Scene) -> None:
    for name in ("a", "b"):
        scene.store.put(name, big(name))
    await scene.sync()
    before = await scene.ids()
    rename(scene, "a", "b")
    job = await scene.sync()
    assert differences_in(job) == {"changed": 1, "missing": 1}
    assert (await scene.ids(), await scene.states()) == (
        before,
        {"a": "missing", "b": "available"},
    )


@pytest.mark.parametrize(
    ("olds", "news"),
    [(["a", "b"], ["c", "d"]), (["a"], ["c", "d"]), (["a", "b"], ["c"])],
    ids=["two to two", "one to two", "two to one"],
)
async def test_of_equal_files_none_is_guessed_to_have_moved(
    scene: Scene, olds: list[str], news: list[str]
) -> None:
    for key in olds:
        scene.store.put(key, big("same"))
    await scene.sync()
    before = await scene.ids()
    for key in olds:
        scene.store.remove(key)
    for key in news:
        scene.store.put(key, big("same"), last_modified=NOW)
    job = await scene.sync()
    assert differences_in(job) == {"added": len(news), "missing": len(olds)}
    after = await scene.ids()
    assert {key: after[key] for key in olds} == before
    assert not {after[key] for key in news} & set(before.values())


async def test_a_copy_that_stays_keeps_no_file_from_moving(scene: Scene) -> None:
    scene.store.put("a", big("same"))
    scene.store.put("copy", big("same"))
    await scene.sync()
    before = await scene.ids()
    rename(scene, "a", "b")
    job = await scene.sync()
    assert differences_in(job) == {"moved": 1}
    assert await scene.ids() == {"b": before["a"], "copy": before["copy"]}


@pytest.mark.parametrize(
    ("size", "old", "new", "differences"),
    [
        (0, "a/x", "b/x", {"added": 1, "missing": 1}),
        (1, "a/x", "b/y", {"added": 1, "missing": 1}),
        (1, "a/x", "b/x", {"moved": 1}),
        (1, "x", "deep/er/x", {"moved": 1}),
        (1, "a/", "b/", {"moved": 1}),
        (TINY_BYTES - 1, "a/x", "b/y", {"added": 1, "missing": 1}),
        (TINY_BYTES, "a/x", "b/y", {"moved": 1}),
    ],
)
async def test_small_files_are_known_again_with_care(
    scene: Scene, size: int, old: str, new: str, differences: dict[str, int]
) -> None:
    scene.store.put(old, b"x" * size)
    await scene.sync()
    rename(scene, old, new)
    assert differences_in(await scene.sync()) == differences


@pytest.mark.parametrize(
    ("etag", "differences"),
    [
        ("9b2cf535f27731c974343645a3985328-3", {"moved": 1}),
        ("9b2cf535f27731c974343645a3985328-4", {"added": 1, "missing": 1}),
        ("81dc9bdb52d04dc20036dbd8313ed055", {"added": 1, "missing": 1}),
    ],
    ids=["the same parts", "other parts", "one part"],
)
async def test_a_multipart_file_is_known_again_when_it_was_copied_in_the_same_parts(
    scene: Scene, etag: str, differences: dict[str, int]
) -> None:
    scene.store.put("a", big("film"))
    set_etag(scene.store, "a", "9b2cf535f27731c974343645a3985328-3")
    await scene.sync()
    rename(scene, "a", "b")
    set_etag(scene.store, "b", etag)
    assert differences_in(await scene.sync()) == differences


@pytest.mark.parametrize(
    ("later", "differences"),
    [(-MINUTE, {"added": 1, "missing": 1}), (timedelta(), {"moved": 1})],
    ids=["older", "as old"],
)
async def test_an_older_object_is_no_moved_one(
    scene: Scene, later: timedelta, differences: dict[str, int]
) -> None:
    scene.store.put("a", big("cat"), last_modified=NOW)
    await scene.sync()
    scene.store.remove("a")
    scene.store.put("b", big("cat"), last_modified=NOW + later)
    assert differences_in(await scene.sync()) == differences


async def test_an_object_of_another_size_with_the_same_etag_is_no_moved_one(scene: Scene) -> None:
    scene.store.put("a", big("cat"))
    set_etag(scene.store, "a", "same")
    await scene.sync()
    scene.store.remove("a")
    scene.store.put("b", big("cat") + b"!", last_modified=NOW)
    set_etag(scene.store, "b", "same")
    assert differences_in(await scene.sync()) == {"added": 1, "missing": 1}


async def test_a_file_may_be_archived_as_it_moves(scene: Scene) -> None:
    scene.store.put("a", big("cat"))
    await scene.sync()
    before = await scene.ids()
    scene.store.remove("a")
    scene.store.put("cold/a", big("cat"), storage_class="GLACIER", last_modified=NOW)
    job = await scene.sync()
    assert (differences_in(job), job.archived) == ({"moved": 1}, 1)
    (asset,) = (await scene.assets()).values()
    assert (asset.asset_id, asset.key) == (before["a"], "cold/a")
    assert (asset.state, asset.storage_class) == ("archived", "GLACIER")


async def test_what_moves_to_the_name_of_a_missing_asset_restores_that_one(scene: Scene) -> None:
    scene.store.put("a", big("cat"))
    scene.store.put("b", big("dog"))
    await scene.sync()
    before = await scene.ids()
    scene.store.remove("b")
    await scene.sync()
    rename(scene, "a", "b")
    job = await scene.sync()
    assert differences_in(job) == {"restored": 1, "missing": 1}
    assert (await scene.ids(), await scene.states()) == (
        before,
        {"a": "missing", "b": "available"},
    )


async def test_what_went_missing_before_has_not_moved_later(scene: Scene) -> None:
    scene.store.put("a", big("cat"))
    scene.store.put("stays", big("dog"))
    await scene.sync()
    scene.store.remove("a")
    await scene.sync()
    scene.store.put("b", big("cat"), last_modified=NOW)
    assert differences_in(await scene.sync()) == {"added": 1}


async def test_what_leaves_the_prefix_of_an_import_is_missing_there(scene: Scene) -> None:
    scene.store.put("in/a", big("cat"))
    await scene.sync()
    rename(scene, "in/a", "out/a")
    job = await scene.sync(prefix="in/")
    assert (differences_in(job), await scene.states()) == ({"missing": 1}, {"in/a": "missing"})
    assert differences_in(await scene.sync(prefix="out/")) == {"added": 1}
