"""Imports from a store that ignores start-after: one listing, nothing lost and nothing twice."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

import pytest

from services.ingest.ranges import RangeJob, find_work
from services.ingest.splits import Splitter
from services.ingest.walks import pages
from shared.database.external_locations import get_external_location
from shared.database.import_jobs import ImportJob
from shared.errors import UnorderedListingError
from shared.leases import Bucket
from shared.storage.capabilities import Capabilities
from shared.storage.s3 import S3Store
from shared.uris import Provider
from tests.emulators.compatible_store import BUCKET, CompatibleStore, serving_store
from tests.services.ingest.bench import Bench, counts_of
from tests.services.ingest.scenes import Scene, differences_in
from tests.shared.storage.s3_stores import KEYS, ON_PREMISES

PAGE = 50
NAMES = tuple(f"{folder}/{number:03}" for folder in "abcd" for number in range(100))


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step be two pages, after which a long range is cut."""
    monkeypatch.setattr(pages, "BATCH_PAGES", 2)


@pytest.fixture
async def server() -> AsyncIterator[CompatibleStore]:
    """A store whose pages are small and which begins every listing at its beginning."""
    store = CompatibleStore(keys=NAMES, start_after="ignored", page_size=PAGE)
    async with serving_store(store) as endpoint:
        store.host = endpoint
        yield store


@pytest.fixture
async def scene(scene: Scene, server: CompatibleStore) -> AsyncIterator[Scene]:
    """A scene with a worker that would walk four ranges side by side."""
    place = Bucket(Provider.S3, BUCKET, "auto", server.host, path_style=True)
    async with S3Store(place, KEYS, egress=ON_PREMISES, attempts=1) as store:
        scene.bench = Bench(scene.database, store, scene.clock, most_ranges=4)
        yield scene


async def note(scene: Scene, *, start_after: bool | None = True, ordered: bool = True) -> None:
    """Note what a verification found of the store."""
    found = Capabilities(
        path_style=True,
        virtual_host=False,
        listing="v2",
        start_after=start_after,
        ordered=ordered,
        encoded=True,
        versions=True,
        sts=False,
        checksum_mode=True,
        overrides=True,
    )
    async with scene.database.begin(scene.org_id) as session:
        location = await get_external_location(session, scene.ground.location_id)
        location.capabilities = found.document()


async def kinds(scene: Scene, job: RangeJob | ImportJob) -> list[str]:
    return [each.kind for each in await scene.ranges(job)]


def requests_of(server: CompatibleStore) -> Sequence[str]:
    asked, server.asked = server.asked, []
    return asked


async def test_a_store_known_to_ignore_it_is_listed_once_from_its_beginning(
    scene: Scene, server: CompatibleStore
) -> None:
    await note(scene, start_after=False)
    job = await scene.begin()
    assert await kinds(scene, job) == ["mark"]
    done = await scene.finish(job)
    assert (done.state, done.listing, done.added) == ("completed", "unordered", len(NAMES))
    assert sorted(await scene.assets()) == sorted(NAMES)
    assert requests_of(server) == ["list"] * (len(NAMES) // PAGE)


@pytest.mark.parametrize("start_after", ["ignored", "refused"])
async def test_a_store_that_nobody_has_verified_shows_it_and_is_listed_anew(
    scene: Scene, server: CompatibleStore, start_after: Literal["ignored", "refused"]
) -> None:
    server.start_after = start_after
    job = await scene.begin()
    assert await kinds(scene, job) == ["list"]
    done = await scene.finish(job)
    assert (done.state, done.listing) == ("completed", "unordered")
    counts = counts_of(done)
    assert (counts.listed, counts.added + counts.unchanged) == (len(NAMES), len(NAMES))
    assert sorted(await scene.assets()) == sorted(NAMES)
    asked = requests_of(server)
    assert asked.count("start-after") == 1  # the first is enough to see it


@pytest.mark.parametrize("is_known", [True, False])
async def test_what_came_and_went_is_found_in_such_a_store(
    scene: Scene, server: CompatibleStore, *, is_known: bool
) -> None:
    if is_known:
        await note(scene, start_after=False)
    await scene.sync()
    server.keys = (*NAMES[5:], "e/new")
    done = await scene.sync()
    assert (done.state, done.listed) == ("completed", len(NAMES) - 4)
    assert differences_in(done) == {"added": 1, "missing": 5}
    again = await scene.sync()
    assert differences_in(again) == {}


@pytest.mark.parametrize("is_known", [True, False])
async def test_source_files_are_found_in_such_a_store(scene: Scene, *, is_known: bool) -> None:
    if is_known:
        await note(scene, start_after=False)
    wanted = [*NAMES[150:350], "z/none"]
    done = await scene.sync(source_files=wanted)
    counts = counts_of(done)
    assert (done.state, done.listing, counts.added) == ("completed", "unordered", 200)
    assert counts.rejected_by_code == {"source-file-missing": 1}


async def test_a_store_known_to_have_no_order_is_not_tried_in_order(scene: Scene) -> None:
    await note(scene, ordered=False)
    assert await kinds(scene, await scene.begin()) == ["mark"]


@pytest.mark.parametrize("start_after", [True, None])
async def test_a_store_that_is_not_known_to_ignore_it_is_listed_in_order(
    scene: Scene, *, start_after: bool | None
) -> None:
    await note(scene, start_after=start_after)
    assert await kinds(scene, await scene.begin()) == ["list"]


async def test_an_import_that_pins_versions_is_listed_in_order_and_not_cut(
    scene: Scene, server: CompatibleStore
) -> None:
    """Its listing goes on by another parameter, and marking would see no versions."""
    await note(scene, start_after=False)
    job = await scene.begin(pin_versions=True)
    assert await kinds(scene, job) == ["list"]
    work = await find_work(scene.database, job, scene.clock, most_ranges=4)
    assert work is not None
    splitter = Splitter(scene.database, scene.clock, most_ranges=4)
    assert await splitter.split(scene.bench.store, work, seen=[]) == work
    assert requests_of(server) == []


async def test_levels_behind_a_key_are_not_believed_either(scene: Scene) -> None:
    with pytest.raises(UnorderedListingError):
        await scene.bench.store.list_children("", after="c/000")
