"""Changed objects: an asset is what its object is now, and its history what that was before."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.database.asset_versions import AssetVersion, list_asset_versions
from shared.database.assets import Asset
from shared.storage.base import DEFAULT_STORAGE_CLASS
from tests.conftest import NOW
from tests.services.ingest.scenes import Scene, differences_in

EARLIER = NOW - timedelta(days=1)


def put(scene: Scene, key: str, body: bytes, *, storage_class: str = DEFAULT_STORAGE_CLASS) -> None:
    scene.store.put(key, body, storage_class=storage_class, last_modified=NOW)


def was(version: AssetVersion) -> tuple[int, str, int, str, UUID]:
    return version.version, version.key, version.size, version.etag, version.import_id


@pytest.fixture
async def cat(scene: Scene) -> Asset:
    """One asset, beside others that stay as they are."""
    for name in ("a", "b", "c", "d", "e"):
        scene.store.put(name, name.encode(), last_modified=EARLIER)
    scene.store.put("cat", b"cat", last_modified=EARLIER)
    await scene.sync()
    return (await scene.assets())["cat"]


async def test_a_changed_object_raises_the_version_and_its_old_etag_stays_known(
    scene: Scene, cat: Asset
) -> None:
    put(scene, "cat", b"tiger")
    job = await scene.sync()
    assert (differences_in(job), job.unchanged) == ({"changed": 1}, 5)
    after = (await scene.assets())["cat"]
    assert (after.asset_id, after.version, after.size) == (cat.asset_id, 2, 5)
    assert after.etag != cat.etag
    (old,) = await scene.history()
    assert was(old) == (1, "cat", 3, cat.etag, job.import_id)
    assert (old.last_modified, old.asset_id) == (EARLIER, cat.asset_id)


async def test_each_content_that_an_asset_had_is_listed_newest_first(
    scene: Scene, cat: Asset
) -> None:
    jobs = []
    for body in (b"lion", b"tiger", b"cat"):
        put(scene, "cat", body)
        jobs.append((await scene.sync()).import_id)
    async with scene.database.begin(scene.org_id) as session:
        place = (session, cat.dataset_id, cat.asset_id)
        listed = await list_asset_versions(*place, before=None, limit=10)
        before = await list_asset_versions(*place, before=3, limit=1)
    assert [(each.version, each.size, each.import_id) for each in listed] == [
        (3, 5, jobs[2]),
        (2, 4, jobs[1]),
        (1, 3, jobs[0]),
    ]
    assert [each.version for each in before] == [2]
    after = (await scene.assets())["cat"]
    assert (after.version, after.etag) == (4, cat.etag)


async def test_an_object_of_the_same_size_is_changed_by_its_etag(scene: Scene, cat: Asset) -> None:
    put(scene, "cat", b"cow")
    assert differences_in(await scene.sync()) == {"changed": 1}
    assert (await scene.assets())["cat"].version == 2
    assert [old.etag for old in await scene.history()] == [cat.etag]


async def test_an_object_that_was_only_touched_has_no_new_version(scene: Scene, cat: Asset) -> None:
    put(scene, "cat", b"cat")
    job = await scene.sync()
    assert differences_in(job) == {"changed": 1}
    after = (await scene.assets())["cat"]
    assert (after.version, after.last_modified, after.etag) == (1, NOW, cat.etag)
    assert (after.updated_at > cat.updated_at, await scene.history()) == (True, [])


async def test_an_object_that_moved_to_another_class_has_no_new_version(
    scene: Scene, cat: Asset
) -> None:
    scene.store.put("cat", b"cat", storage_class="STANDARD_IA", last_modified=EARLIER)
    job = await scene.sync()
    assert differences_in(job) == {"changed": 1}
    after = (await scene.assets())["cat"]
    assert (after.version, after.storage_class) == (cat.version, "STANDARD_IA")
    assert (after.state, await scene.history()) == ("available", [])


async def test_an_object_is_archived_and_restored_without_a_new_version(
    scene: Scene, cat: Asset
) -> None:
    seen = []
    for storage_class in ("DEEP_ARCHIVE", "STANDARD"):
        scene.store.put("cat", b"cat", storage_class=storage_class, last_modified=EARLIER)
        job = await scene.sync()
        asset = (await scene.assets())["cat"]
        seen.append((differences_in(job), job.archived, asset.state, asset.version))
    assert seen == [
        ({"changed": 1}, 1, "archived", cat.version),
        ({"changed": 1}, 0, "available", cat.version),
    ]
    assert await scene.history() == []


async def test_the_archived_are_found_in_the_list_of_changes(scene: Scene, cat: Asset) -> None:
    for name in ("a", "b", "new"):
        put(scene, name, name.encode(), storage_class="GLACIER")
    put(scene, "cat", b"tiger")
    job = await scene.sync()
    assert (differences_in(job), job.archived) == ({"added": 1, "changed": 3}, 3)
    archived = [
        await scene.imports.list_changes(
            scene.org_id, job.import_id, kind=kind, state="archived", after=None, limit=10
        )
        for kind in (None, "changed")
    ]
    assert [[(each.kind, each.key) for each in rows] for rows in archived] == [
        [("changed", "a"), ("changed", "b"), ("added", "new")],
        [("changed", "a"), ("changed", "b")],
    ]
    assert cat.key not in {each.key for rows in archived for each in rows}


async def test_a_missing_asset_keeps_what_was_known_of_its_object(scene: Scene, cat: Asset) -> None:
    scene.store.remove("cat")
    job = await scene.sync()
    assert differences_in(job) == {"missing": 1}
    gone = (await scene.assets())["cat"]
    assert (gone.state, gone.asset_id, gone.version) == ("missing", cat.asset_id, 1)
    assert (gone.size, gone.etag, gone.last_modified) == (cat.size, cat.etag, cat.last_modified)
    (change,) = await scene.change_rows(job)
    assert (change.kind, change.state, change.etag) == ("missing", "missing", cat.etag)


async def test_what_is_missing_already_is_not_found_missing_again(scene: Scene, cat: Asset) -> None:
    scene.store.remove("cat")
    await scene.sync()
    writers = await scene.writers()
    job = await scene.sync()
    assert (differences_in(job), job.unchanged) == ({}, 5)
    assert (await scene.writers(), cat.key in writers) == (writers, True)


async def test_the_same_object_come_back_restores_its_asset_without_a_new_version(
    scene: Scene, cat: Asset
) -> None:
    scene.store.remove("cat")
    await scene.sync()
    put(scene, "cat", b"cat")
    assert differences_in(await scene.sync()) == {"restored": 1}
    back = (await scene.assets())["cat"]
    assert (back.state, back.asset_id, back.version) == ("available", cat.asset_id, 1)
    assert (back.last_modified, await scene.history()) == (NOW, [])


async def test_another_object_come_back_restores_the_asset_with_a_new_version(
    scene: Scene, cat: Asset
) -> None:
    scene.store.remove("cat")
    await scene.sync()
    put(scene, "cat", b"tiger", storage_class="GLACIER")
    job = await scene.sync()
    assert differences_in(job) == {"restored": 1}
    back = (await scene.assets())["cat"]
    assert (back.state, back.asset_id, back.version) == ("archived", cat.asset_id, 2)
    assert [was(old) for old in await scene.history()] == [(1, "cat", 3, cat.etag, job.import_id)]
