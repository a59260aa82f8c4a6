"""Probing: a sample is tried gently, with a lease that holds, and never fails an import."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.merge import RangeWork
from services.ingest.ranges import find_work
from services.ingest.slices import TimeSlice
from services.ingest.walks import probing
from services.ingest.walks.probing import (
    AT_ONCE,
    LONGEST_PROBE,
    ProbeStep,
    ProbeWalk,
    thin_out,
)
from shared.database.import_changes import SampledObject, Unreadable
from shared.database.import_ranges import list_open_ranges
from shared.errors import (
    AppError,
    BucketNotFoundError,
    EndpointNotAllowedError,
    LeaseExpiredError,
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
)
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation
from tests.conftest import NOW
from tests.services.ingest.paged_stores import fill
from tests.services.ingest.scenes import Scene

SECOND = timedelta(seconds=1)
DENIED = Unreadable(
    "storage-denied",
    "The object is listed, but its KMS key, its owner or a policy denies reading it.",
)

Answer = Callable[[Lease, str], Awaitable[None]]


@dataclass
class FakeReader:
    """A reader whose answers a test makes, and that remembers what it was asked."""

    answer: Answer
    asked: list[str] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)

    async def probe(self, lease: Lease, key: str, *, version_id: str | None = None) -> None:
        assert version_id is None
        self.asked.append(key)
        self.leases.append(lease)
        await self.answer(lease, key)

    @property
    def issued(self) -> list[datetime]:
        """When the leases were issued that were used, each once."""
        return list(dict.fromkeys(lease.issued_at for lease in self.leases))


def refusing(
    errors: dict[str, AppError] | AppError, *, before: datetime | None = None
) -> FakeReader:
    """Return a reader that is refused these objects, or all; with leases issued `before`."""

    async def answer(lease: Lease, key: str) -> None:
        error = errors.get(key) if isinstance(errors, dict) else errors
        if error is not None and (before is None or lease.issued_at < before):
            raise error

    return FakeReader(answer)


async def come(scene: Scene, objects: int) -> RangeWork:
    """Import a bucket into which these many objects come, up to where they are to be probed."""
    fill(scene.store, objects)
    job = await scene.begin(plan="dry_run")
    await scene.reach(job, "planning")
    async with scene.database.begin(scene.org_id) as session:
        (range_id,) = await list_open_ranges(session, job.import_id)
    probing = replace(job, range_id=range_id)
    work = await find_work(scene.database, probing, scene.clock, most_ranges=1)
    assert work is not None
    assert work.kind == "probe"
    return work


def walk_of(scene: Scene, reader: FakeReader, *, longest: timedelta = LONGEST_PROBE) -> ProbeWalk:
    leases = LeaseCache(scene.bench.leases.fetch, scene.clock)
    return ProbeWalk(scene.database, leases, reader, longest=longest)


async def probe(
    scene: Scene, reader: FakeReader, *, objects: int, longest: timedelta = LONGEST_PROBE
) -> ProbeStep:
    """Probe these many objects."""
    work = await come(scene, objects)
    walk = walk_of(scene, reader, longest=longest)
    (step,) = [each async for each in walk.walk(work, TimeSlice(timedelta()))]
    return step


async def test_each_object_of_a_sample_is_tried_once_with_a_lease_to_read(scene: Scene) -> None:
    reader = refusing({})
    assert await probe(scene, reader, objects=60) == ProbeStep(50, {})
    assert (len(reader.asked), len(set(reader.asked))) == (50, 50)
    assert {lease.operation for lease in reader.leases} == {Operation.READ}


def objects(*weights: float) -> list[SampledObject]:
    return [SampledObject(f"{place:03}", None, weight) for place, weight in enumerate(weights)]


@pytest.mark.parametrize(
    ("weights", "places"),
    [
        ([], []),
        ([7, 1, 1, 1], [0, 1, 2, 3]),
        ([2] * 8, [0, 2, 4, 6]),
        ([1, 1, 1, 1, 9, 9, 9, 9], [0, 5, 6, 7]),
        ([9, 9, 9, 9, 1, 1, 1, 1], [0, 2, 3, 4]),
        ([0.1] * 7, [0, 2, 4, 6]),
    ],
)
def test_a_sample_of_samples_counts_what_each_object_stands_for(
    weights: list[float], places: list[int]
) -> None:
    found = objects(*weights)
    assert thin_out(found, most=4) == [found[place] for place in places]


@given(st.lists(st.floats(1, 1e6), max_size=200), st.integers(1, 60))
def test_a_sample_of_samples_is_as_large_as_it_may_be_but_for_heavy_ones(
    weights: list[float], most: int
) -> None:
    found = objects(*weights)
    chosen = thin_out(found, most=most)
    assert len(chosen) <= most
    assert chosen == sorted(chosen, key=lambda each: each.key)
    assert len({each.key for each in chosen}) == len(chosen)
    step = sum(weights) / most
    between = 0.0
    for each in reversed(found):  # no stretch that is left out is heavier than a step and its ends
        between += each.weight
        if each in chosen:
            between = 0.0
        assert between <= step + max(weights) * 2


async def test_the_changes_are_sampled_some_after_the_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "BATCH_CHANGES", 7)
    monkeypatch.setattr(probing, "MOST_OBJECTS", 5)
    reader = refusing({})
    assert await probe(scene, reader, objects=30) == ProbeStep(5, {})
    assert sorted(reader.asked) == ["000", "007", "013", "019", "026"]


async def test_why_an_object_cannot_be_read_is_told_by_its_key(scene: Scene) -> None:
    reader = refusing(
        {
            "000": StorageDeniedError("no"),
            "001": ObjectArchivedError("The object is archived."),
            "002": ObjectNotFoundError("It is gone."),
            "003": StorageError("The object store refused."),
        }
    )
    assert await probe(scene, reader, objects=10) == ProbeStep(
        10,
        {
            "000": DENIED,
            "001": Unreadable("object-archived", "The object is archived."),
            "002": Unreadable("object-not-found", "It is gone."),
            "003": Unreadable("storage-error", "The object store refused."),
        },
    )


async def test_no_more_than_some_are_tried_at_a_time(scene: Scene) -> None:
    busy = most = 0

    async def answer(_lease: Lease, _key: str) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        for _ in range(3):
            await asyncio.sleep(0)
        busy -= 1

    assert await probe(scene, FakeReader(answer), objects=50) == ProbeStep(50, {})
    assert most == AT_ONCE


@pytest.mark.parametrize(
    "error",
    [
        StorageThrottledError("Slow down."),
        StorageUnavailableError("It cannot be reached."),
        EndpointNotAllowedError("It is at a private address now."),
    ],
)
async def test_a_store_that_cannot_tell_ends_the_sample_which_is_spread_even_then(
    scene: Scene, error: AppError
) -> None:
    reader = refusing({"006": StorageDeniedError("no"), "030": error})
    step = await probe(scene, reader, objects=32)
    tried = sorted(set(reader.asked) - {"030"})
    assert step == ProbeStep(len(tried), {"006": DENIED} if "006" in tried else {})
    assert len(tried) < 31
    assert reader.asked[:4] == ["000", "008", "016", "024"]


async def test_what_was_tried_in_time_counts_and_the_rest_does_not(scene: Scene) -> None:
    async def answer(_lease: Lease, key: str) -> None:
        if key > "004":
            await asyncio.Event().wait()
        if key == "002":
            raise StorageDeniedError("no")

    step = await probe(scene, FakeReader(answer), objects=8, longest=SECOND)
    assert step == ProbeStep(5, {"002": DENIED})


async def test_a_worker_that_stops_leaves_the_sample_to_another(scene: Scene) -> None:
    waiting = asyncio.Event()

    async def answer(_lease: Lease, _key: str) -> None:
        waiting.set()
        await asyncio.Event().wait()

    work = await come(scene, 9)
    time = TimeSlice(timedelta(minutes=1))

    async def walk() -> list[ProbeStep]:
        return [each async for each in walk_of(scene, FakeReader(answer)).walk(work, time)]

    walking = asyncio.create_task(walk())
    await waiting.wait()
    time.end()
    assert await walking == []


@pytest.mark.parametrize("error", [LeaseExpiredError("over"), StorageDeniedError("no")])
async def test_a_session_that_is_over_is_replaced_and_the_sample_is_whole(
    scene: Scene, error: StorageError
) -> None:
    reader = refusing(error, before=NOW + SECOND)
    assert await probe(scene, reader, objects=20) == ProbeStep(20, {})
    assert (reader.issued, scene.bench.leases.refused) == ([NOW, NOW + SECOND], [NOW])


async def test_a_session_that_ends_in_the_middle_is_replaced_for_the_rest(scene: Scene) -> None:
    reader = refusing(
        {f"{number:03}": LeaseExpiredError("over") for number in range(5, 20)},
        before=NOW + SECOND,
    )
    assert await probe(scene, reader, objects=20) == ProbeStep(20, {})
    assert (len(reader.asked), scene.bench.leases.refused) == (35, [NOW])


async def test_where_all_is_denied_the_lease_is_replaced_once(scene: Scene) -> None:
    reader = refusing(StorageDeniedError("no"))
    step = await probe(scene, reader, objects=60)
    assert (step.probed, set(step.unreadable.values()), len(step.unreadable)) == (50, {DENIED}, 50)
    assert (len(reader.asked), scene.bench.leases.refused) == (100, [NOW])


async def test_a_lease_with_which_something_was_read_is_kept(scene: Scene) -> None:
    reader = refusing({f"{number:03}": StorageDeniedError("no") for number in range(49)})
    step = await probe(scene, reader, objects=50)
    assert (step.probed, len(step.unreadable)) == (50, 49)
    assert (len(reader.asked), scene.bench.leases.refused) == (50, [])


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (StorageDeniedError("no"), ProbeStep(2, {"000": DENIED, "001": DENIED})),
        (LeaseExpiredError("over"), ProbeStep(0, {})),
    ],
)
async def test_a_lease_that_the_vault_does_not_replace_is_not_tried_again(
    scene: Scene, error: StorageError, step: ProbeStep
) -> None:
    scene.bench.leases.replaces = False
    reader = refusing(error)
    assert await probe(scene, reader, objects=2) == step
    assert len(reader.asked) == 2


async def test_without_a_lease_nothing_is_tried(scene: Scene) -> None:
    work = await come(scene, 9)
    scene.bench.leases.failure = VaultUnavailableError("It does not answer.")
    reader = refusing({})
    steps = [each async for each in walk_of(scene, reader).walk(work, TimeSlice(timedelta()))]
    assert (steps, reader.asked) == ([ProbeStep(0, {})], [])


async def test_what_was_denied_stays_so_while_the_vault_is_away(scene: Scene) -> None:
    async def answer(_lease: Lease, _key: str) -> None:
        scene.bench.leases.failure = VaultUnavailableError("It does not answer.")
        raise StorageDeniedError("no")

    step = await probe(scene, FakeReader(answer), objects=1)
    assert step == ProbeStep(1, {"000": DENIED})


async def test_a_bucket_that_is_gone_is_told_of_every_object(scene: Scene) -> None:
    gone = BucketNotFoundError("The bucket does not exist.")
    step = await probe(scene, refusing(gone), objects=2)
    told = Unreadable("bucket-not-found", "The bucket does not exist.")
    assert step == ProbeStep(2, {"000": told, "001": told})
