"""Unreadable objects: found by a planned import, told, and taken all the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.database.import_jobs import ImportJob
from shared.errors import (
    ObjectArchivedError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
)
from tests.conftest import NOW
from tests.services.ingest.bench import finish
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene, big, counts_in, differences_in

EARLIER = NOW - timedelta(days=1)
Refuses = Callable[[str], StorageError | None]


class GuardedStore(SmallPages):
    """A store that lists all its objects and lets only some of them be read."""

    def __init__(self, refuses: Refuses = lambda _key: None) -> None:
        super().__init__(1_000)
        self.refuses = refuses
        self.reads: list[str] = []

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        self.reads.append(key)
        if (error := self.refuses(key)) is not None:
            raise error
        return await super().read_range(key, start, length)


def deny(_key: str) -> StorageError:
    return StorageDeniedError("no")


def deny_secrets(key: str) -> StorageError | None:
    return StorageDeniedError("no") if "secret" in key else None


def warnings(found: str) -> list[dict[str, str]]:
    return [{"code": "objects-unreadable", "detail": f"{found}. The changes say which."}]


@pytest.fixture
def store(scene: Scene) -> GuardedStore:
    """A store of which the dataset has an object already, so that what follows is planned."""
    made = GuardedStore()
    scene.use(made)
    made.put("!first", big("first"), last_modified=EARLIER)
    return made


async def unreadable_in(scene: Scene, job: ImportJob) -> list[tuple[str, str, str]]:
    """Return what an import's changes say that cannot be read: kind, key, code."""
    return [
        (row.kind, row.key, row.unreadable.code)
        for row in await scene.change_rows(job)
        if row.unreadable is not None
    ]


async def test_where_all_reads_are_denied_all_of_the_sample_is_unreadable(
    scene: Scene, store: GuardedStore
) -> None:
    await scene.sync()
    fill(store, 120)
    store.refuses = deny
    job = await scene.sync()
    assert (job.state, differences_in(job)) == ("completed", {"added": 120})
    assert counts_in(job, "probed", "unreadable", "applied") == {
        "probed": 50,
        "unreadable": 50,
        "applied": 120,
    }
    assert job.warnings == warnings(
        "50 of 50 objects that were tried cannot be read: storage-denied (50)"
    )
    assert len(await unreadable_in(scene, job)) == 50


async def test_an_unreadable_object_becomes_an_asset_like_others(
    scene: Scene, store: GuardedStore
) -> None:
    await scene.sync()
    store.put("secret")
    store.refuses = deny_secrets
    job = await scene.sync()
    assert await unreadable_in(scene, job) == [("added", "secret", "storage-denied")]
    assert await scene.states() == {"!first": "available", "secret": "available"}
    later = await scene.sync()
    assert (differences_in(later), later.probed, later.warnings) == ({}, 0, [])


async def test_each_kind_of_what_came_is_tried_and_nothing_else(
    scene: Scene, store: GuardedStore
) -> None:
    for key in ("back", "changed", "cold", "gone", "same"):
        store.put(key, big(key), last_modified=EARLIER)
    await scene.sync()
    store.remove("back")
    await scene.sync()
    store.reads.clear()
    store.put("back", big("back"), last_modified=EARLIER)
    store.put("changed", big("another"), last_modified=NOW)
    store.put("cold", big("cold"), storage_class="GLACIER", last_modified=EARLIER)
    store.put("fresh", big("fresh"))
    store.remove("gone")
    job = await scene.sync()
    assert differences_in(job) == {"added": 1, "changed": 2, "restored": 1, "missing": 1}
    assert counts_in(job, "probed", "unreadable") == {"probed": 3, "unreadable": 0}
    assert (sorted(store.reads), job.warnings) == (["back", "changed", "fresh"], [])


async def test_a_first_import_tries_nothing(scene: Scene, store: GuardedStore) -> None:
    store.refuses = deny
    job = await scene.sync()
    assert (job.plan, job.state, job.warnings) == ("none", "completed", [])
    assert (counts_in(job, "added", "probed"), store.reads) == ({"added": 1, "probed": 0}, [])


async def test_a_dry_run_of_a_first_import_tells_what_cannot_be_read(
    scene: Scene, store: GuardedStore
) -> None:
    store.refuses = deny
    dry = await scene.sync(plan="dry_run")
    assert await unreadable_in(scene, dry) == [("added", "!first", "storage-denied")]
    assert (dry.state, [each["code"] for each in dry.warnings], await scene.assets()) == (
        "completed",
        ["objects-unreadable"],
        {},
    )


async def test_an_import_that_finds_nothing_new_asks_nothing(
    scene: Scene, store: GuardedStore
) -> None:
    fill(store, 9)
    await scene.sync()
    store.remove("000")
    for expected in ({"missing": 1}, {}):
        job = await scene.sync()
        assert (differences_in(job), job.probed, store.reads) == (expected, 0, [])
        assert [each.kind for each in await scene.ranges(job)][:2] == ["list", "plan"]


async def test_a_moved_object_that_cannot_be_read_is_told_at_its_new_key(
    scene: Scene, store: GuardedStore
) -> None:
    store.put("a", big("a"), last_modified=EARLIER)
    await scene.sync()
    store.remove("a")
    store.put("secret/a", big("a"), last_modified=NOW)
    store.refuses = deny_secrets
    job = await scene.sync()
    assert differences_in(job) == {"moved": 1}
    assert await unreadable_in(scene, job) == [("moved", "secret/a", "storage-denied")]
    assert counts_in(job, "probed", "unreadable") == {"probed": 1, "unreadable": 1}


async def test_the_reasons_are_counted_the_most_frequent_first(
    scene: Scene, store: GuardedStore
) -> None:
    await scene.sync()
    fill(store, 3, prefix="secret")
    fill(store, 5, prefix="tiered")
    fill(store, 2, prefix="open")

    def refuses(key: str) -> StorageError | None:
        return ObjectArchivedError("It is archived.") if "tiered" in key else deny_secrets(key)

    store.refuses = refuses
    job = await scene.sync()
    assert job.warnings == warnings(
        "8 of 10 objects that were tried cannot be read: object-archived (5), storage-denied (3)"
    )


async def test_whoever_decides_about_a_plan_knows_what_cannot_be_read(
    scene: Scene, store: GuardedStore
) -> None:
    await scene.sync()
    store.remove("!first")
    store.put("secret")
    store.refuses = deny_secrets
    waiting = await scene.sync(agree=False)
    assert waiting.state == "awaiting_decision"
    assert waiting.warnings == warnings(
        "1 of 1 objects that were tried cannot be read: storage-denied (1)"
    )
    done = await finish(scene.bench, scene.job_of(waiting))
    assert (done.state, done.warnings) == ("completed", waiting.warnings)


async def test_a_store_that_asks_to_slow_down_ends_the_sample_and_not_the_import(
    scene: Scene, store: GuardedStore
) -> None:
    await scene.sync()
    fill(store, 60)
    store.refuses = lambda _key: StorageThrottledError("Slow down.")
    job = await scene.sync()
    assert (job.state, job.waiting_for, job.warnings) == ("completed", None, [])
    assert counts_in(job, "added", "probed", "applied") == {
        "added": 60,
        "probed": 0,
        "applied": 60,
    }


@pytest.mark.usefixtures("store")
async def test_a_sample_that_is_cut_short_by_a_pause_is_tried_again(scene: Scene) -> None:
    class PausingStore(GuardedStore):
        async def read_range(self, key: str, start: int, length: int) -> bytes:
            if not self.reads:
                await scene.imports.pause(scene.org_id, begun.import_id)
            return await super().read_range(key, start, length)

    await scene.sync()
    pausing = PausingStore(deny)
    pausing.put("!first", big("first"), last_modified=EARLIER)
    fill(pausing, 7)
    scene.use(pausing)
    begun = await scene.begin()
    paused = await scene.finish(begun)
    assert (paused.state, paused.phase, paused.probed) == ("paused", "planning", 0)
    assert await unreadable_in(scene, paused) == []
    await scene.imports.resume(scene.org_id, begun.import_id)
    done = await scene.finish(begun)
    assert (done.state, counts_in(done, "probed", "unreadable")) == (
        "completed",
        {"probed": 7, "unreadable": 7},
    )
