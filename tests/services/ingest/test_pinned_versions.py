"""Pinned versions: an import that is asked to records which version of each object it saw."""

from collections.abc import Sequence

import pytest

from tests.conftest import NOW
from tests.services.ingest.paged_stores import SmallPages
from tests.services.ingest.scenes import Scene, differences_in

KEYS = ("a", "b", "c", "d", "e")


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A scene whose bucket keeps versions."""
    scene.use(SmallPages(1, versioned=True))
    for key in KEYS:
        scene.store.put(key, key.encode())
    return scene


async def versions(scene: Scene) -> dict[str, str | None]:
    return {key: asset.version_id for key, asset in (await scene.assets()).items()}


@pytest.mark.parametrize("source_files", [None, KEYS])
async def test_the_version_of_each_object_is_recorded_where_it_is_pinned(
    scene: Scene, source_files: Sequence[str] | None
) -> None:
    await scene.sync(source_files=source_files, pin_versions=True)
    assert await versions(scene) == {key: f"v00{n}" for n, key in enumerate(KEYS, 1)}
    again = await scene.sync(source_files=source_files, pin_versions=True)
    assert (again.unchanged, differences_in(again)) == (5, {})


async def test_no_version_is_recorded_where_none_is_pinned(scene: Scene) -> None:
    await scene.sync()
    assert await versions(scene) == dict.fromkeys(KEYS)


async def test_a_new_version_of_the_same_content_is_a_version_of_the_asset(scene: Scene) -> None:
    await scene.sync(pin_versions=True)
    scene.store.put("a", b"a", last_modified=NOW)
    job = await scene.sync(pin_versions=True)
    assert differences_in(job) == {"changed": 1}
    after = (await scene.assets())["a"]
    assert (after.version, after.version_id) == (2, "v006")
    assert [(was.version, was.version_id, was.etag) for was in await scene.history()] == [
        (1, "v001", after.etag)
    ]


async def test_an_object_whose_latest_version_is_deleted_is_missing_and_its_version_known(
    scene: Scene,
) -> None:
    await scene.sync(pin_versions=True)
    scene.store.remove("a")
    job = await scene.sync(pin_versions=True)
    assert differences_in(job) == {"missing": 1}
    gone = (await scene.assets())["a"]
    assert (gone.state, gone.version, gone.version_id) == ("missing", 1, "v001")
    scene.store.put("a", b"a", last_modified=NOW)
    assert differences_in(await scene.sync(pin_versions=True)) == {"restored": 1}
    back = (await scene.assets())["a"]
    assert (back.state, back.version, back.version_id) == ("available", 2, "v007")
