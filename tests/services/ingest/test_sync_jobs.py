"""Sync jobs: a dataset with a schedule is imported again when its time has come, and not before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.ingest.sync_jobs import LATER, SyncJobs
from services.ingest.syncs import Schedule, SyncRequest, Syncs
from shared.database.dataset_sources import remember_source
from shared.database.datasets import get_dataset
from shared.database.import_jobs import ImportJob, list_import_jobs
from shared.errors import ConflictError, NotFoundError, VaultUnavailableError
from tests.services.ingest.bench import FakeLeases
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.paged_stores import fill
from tests.services.ingest.scenes import Scene, differences_in

DAY = timedelta(days=1)


@dataclass
class Synced:
    """A dataset with sources, and what asks for its syncs."""

    scene: Scene
    vault: FakeLeases

    @property
    def dataset_id(self) -> UUID:
        return self.scene.ground.dataset_id

    @property
    def syncs(self) -> Syncs:
        return Syncs(self.scene.database, self.vault, self.scene.clock, access_max_age=timedelta())

    async def remember(self, prefix: str, **more: Any) -> None:
        async with self.scene.database.begin(self.scene.org_id) as session:
            await remember_source(
                session,
                org_id=self.scene.org_id,
                dataset_id=self.dataset_id,
                location_id=more.get("location_id", self.scene.ground.location_id),
                prefix=prefix,
                filters=more.get("filters"),
                pin_versions=more.get("pin_versions", False),
            )

    async def schedule(self, every: timedelta | None, *, share: float = 0.2) -> None:
        await self.syncs.schedule(self.scene.org_id, self.dataset_id, Schedule(every, share))

    async def run(self) -> None:
        """Do what a worker does with the dataset's job."""
        await self.take_job()
        jobs = SyncJobs(
            self.scene.database, self.vault, self.scene.clock, access_max_age=timedelta()
        )
        await jobs.run(self.scene.org_id, self.dataset_id)

    async def due_in(self) -> list[timedelta]:
        """Return how long each of the dataset's jobs in the queue is put off."""
        async with self.scene.database.begin(self.scene.org_id) as session:
            found = await session.execute(text(_DUE_IN), {"lock": f"sync {self.dataset_id}"})
            return [timedelta(seconds=round(row.seconds)) for row in found]

    async def take_job(self) -> None:
        async with self.scene.database.begin(self.scene.org_id) as session:
            await session.execute(text("SET LOCAL search_path TO procrastinate"))
            await session.execute(text(_TAKE), {"lock": f"sync {self.dataset_id}"})

    async def imports(self) -> Sequence[ImportJob]:
        """Return the dataset's imports, oldest first."""
        async with self.scene.database.begin(self.scene.org_id) as session:
            found = await list_import_jobs(
                session, dataset_id=self.dataset_id, before=None, limit=100
            )
            return found[::-1]

    async def next_sync_in(self) -> timedelta | None:
        async with self.scene.database.begin(self.scene.org_id) as session:
            at = (await get_dataset(session, self.dataset_id)).next_sync_at
            return None if at is None else at - self.scene.clock.now()


_DUE_IN = """
SELECT extract(epoch FROM scheduled_at - at) AS seconds
FROM procrastinate.procrastinate_jobs job
JOIN procrastinate.procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE queueing_lock = :lock AND status = 'todo'
"""
_TAKE = "DELETE FROM procrastinate_jobs WHERE queueing_lock = :lock"


@pytest.fixture
async def synced(scene: Scene) -> Synced:
    """A dataset of two prefixes, synced each day."""
    made = Synced(scene, FakeLeases(scene.clock))
    await made.remember("a/", filters={"extensions": ["jpg"]}, pin_versions=True)
    await made.remember("b/")
    return made


async def test_a_schedule_has_one_job_that_is_due_after_its_length(synced: Synced) -> None:
    for every in (DAY, timedelta(hours=1)):
        await synced.schedule(every)
        assert (await synced.due_in(), await synced.next_sync_in()) == ([every], every)


async def test_a_dataset_that_is_due_begins_an_import_of_each_source(synced: Synced) -> None:
    await synced.schedule(DAY, share=0.5)
    synced.scene.clock.advance(DAY)
    await synced.run()
    begun = await synced.imports()
    assert [
        (each.prefix, each.filters, each.pin_versions, each.trigger, each.plan, each.state)
        for each in begun
    ] == [
        ("a/", {"extensions": ["jpg"]}, True, "schedule", "apply", "queued"),
        ("b/", None, False, "schedule", "apply", "queued"),
    ]
    assert {each.max_missing_share for each in begun} == {0.5}
    assert (await synced.due_in(), await synced.next_sync_in()) == ([DAY], DAY)


async def test_a_job_that_comes_too_early_begins_nothing(synced: Synced) -> None:
    await synced.schedule(DAY)
    synced.scene.clock.advance(DAY - timedelta(minutes=1))
    await synced.run()
    assert await synced.imports() == []
    assert await synced.due_in() == [timedelta(minutes=1)]


async def test_a_job_that_comes_twice_begins_one_import(synced: Synced) -> None:
    await synced.schedule(DAY)
    synced.scene.clock.advance(DAY)
    for _ in range(2):
        await synced.run()
    assert (len(await synced.imports()), await synced.due_in()) == (2, [DAY])


async def test_a_dataset_is_synced_no_more_when_its_schedule_is_taken_away(synced: Synced) -> None:
    await synced.schedule(DAY)
    await synced.schedule(None)
    assert await synced.next_sync_in() is None
    synced.scene.clock.advance(DAY)
    await synced.run()
    assert (await synced.imports(), await synced.due_in()) == ([], [])


async def test_a_source_whose_import_is_not_finished_is_left_to_it(synced: Synced) -> None:
    await synced.schedule(DAY)
    running = await synced.scene.begin(prefix="a/x/")
    synced.scene.clock.advance(DAY)
    await synced.run()
    first, second = await synced.imports()
    assert (first.import_id, second.prefix) == (running.import_id, "b/")
    assert await synced.due_in() == [DAY]


async def test_a_sync_waits_while_the_vault_is_away(synced: Synced) -> None:
    await synced.schedule(DAY)
    synced.scene.clock.advance(DAY)
    synced.vault.failure = VaultUnavailableError("The vault does not answer.")
    await synced.run()
    assert (await synced.imports(), await synced.due_in()) == ([], [LATER])
    synced.vault.failure = None
    await synced.run()
    assert len(await synced.imports()) == 2


async def test_a_sync_without_access_fails_at_once_and_is_told(synced: Synced) -> None:
    await synced.schedule(DAY)
    synced.scene.clock.advance(DAY)
    synced.vault.valid = False
    await synced.run()
    failed = await synced.imports()
    assert [(each.state, each.failure_code) for each in failed] == [
        ("failed", "location-not-verified")
    ] * 2
    assert await synced.scene.events() == ["import.failed"] * 2
    assert await synced.due_in() == [DAY]
    synced.vault.valid = True
    synced.scene.clock.advance(DAY)
    await synced.run()
    assert [each.state for each in (await synced.imports())[2:]] == ["queued"] * 2


async def test_a_sync_of_a_detached_location_fails_and_the_others_are_synced(
    synced: Synced,
) -> None:
    class HalfVault(FakeLeases):
        async def verify_access(
            self, org_id: UUID, location_id: UUID, *, max_age: timedelta
        ) -> Any:
            if location_id == detached.location_id:
                raise NotFoundError("There is no such external location.")
            return await super().verify_access(org_id, location_id, max_age=max_age)

    detached = await lay_ground(synced.scene.database, synced.scene.org_id)
    await synced.remember("", location_id=detached.location_id)
    synced.vault = HalfVault(synced.scene.clock)
    await synced.schedule(DAY)
    synced.scene.clock.advance(DAY)
    await synced.run()
    states = {
        (each.location_id == detached.location_id, each.state) for each in await synced.imports()
    }
    assert states == {(True, "failed"), (False, "queued")}


async def test_a_dataset_that_is_not_there_is_not_synced(synced: Synced) -> None:
    jobs = SyncJobs(
        synced.scene.database, synced.vault, synced.scene.clock, access_max_age=timedelta()
    )
    await jobs.run(synced.scene.org_id, uuid4())
    await jobs.run(uuid4(), synced.dataset_id)
    assert await synced.imports() == []


async def test_a_sync_that_is_asked_for_is_of_all_sources_or_none(synced: Synced) -> None:
    begun = await synced.syncs.sync(synced.scene.org_id, synced.dataset_id, SyncRequest())
    assert [(each.job.prefix, each.job.trigger, each.job.plan) for each in begun] == [
        ("a/", "request", "apply"),
        ("b/", "request", "apply"),
    ]
    await synced.scene.imports.cancel(synced.scene.org_id, begun[0].job.import_id)
    with pytest.raises(ConflictError):
        await synced.syncs.sync(synced.scene.org_id, synced.dataset_id, SyncRequest())
    assert len(await synced.imports()) == 2


async def test_a_sync_may_be_a_dry_run_with_a_share_of_its_own(synced: Synced) -> None:
    request = SyncRequest(dry_run=True, max_missing_share=0.9)
    begun = await synced.syncs.sync(synced.scene.org_id, synced.dataset_id, request)
    assert {(each.job.plan, each.job.max_missing_share) for each in begun} == {("dry_run", 0.9)}


async def test_a_sync_of_one_location_leaves_the_others_alone(synced: Synced) -> None:
    other = await lay_ground(synced.scene.database, synced.scene.org_id)
    await synced.remember("c/", location_id=other.location_id)
    request = SyncRequest(location_id=other.location_id)
    begun = await synced.syncs.sync(synced.scene.org_id, synced.dataset_id, request)
    assert [(each.job.prefix, each.job.location_id) for each in begun] == [
        ("c/", other.location_id)
    ]


async def test_what_was_never_imported_by_prefix_cannot_be_synced(scene: Scene) -> None:
    bare = Synced(scene, FakeLeases(scene.clock))
    with pytest.raises(ConflictError):
        await bare.syncs.sync(scene.org_id, bare.dataset_id, SyncRequest())
    with pytest.raises(NotFoundError):
        await bare.syncs.sync(scene.org_id, uuid4(), SyncRequest())
    with pytest.raises(NotFoundError):
        await bare.syncs.sync(scene.org_id, bare.dataset_id, SyncRequest(location_id=uuid4()))
    with pytest.raises(NotFoundError):
        await bare.syncs.sync(uuid4(), bare.dataset_id, SyncRequest())


async def test_a_sync_applies_what_differs_by_then(synced: Synced) -> None:
    scene = synced.scene
    fill(scene.store, 10, prefix="b/")
    found = []
    for gone in ("b/000", "b/001"):
        begun = await synced.syncs.sync(scene.org_id, synced.dataset_id, SyncRequest())
        done = [await scene.finish(scene.job_of(each.job)) for each in begun]
        found.append([differences_in(job) for job in done])
        scene.store.remove(gone)
    assert found == [[{}, {"added": 10}], [{}, {"missing": 1}]]
