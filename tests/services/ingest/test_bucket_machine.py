"""A bucket that changes in every way, imported in every way: the assets follow a model of it.

MOORING_TEST_MACHINES sets how many buckets are lived through, for a longer search.
"""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import TypeVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.ingest.merge import ImportEndedError, Merger, RangeLostError, RangeWork
from services.ingest.ranges import TooManyRangesError, find_work
from services.ingest.slices import TimeSlice
from services.ingest.walks.pages import PageStep, walk_pages
from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import (
    BucketNotFoundError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from tests.conftest import NOW, add_tenant
from tests.services.ingest.bench import Bench
from tests.services.ingest.changing_bucket import PREFIXES, TEXTS, ChangingBucket
from tests.services.ingest.grounds import lay_ground
from tests.services.ingest.mortal_workers import Fate, MortalMerger
from tests.services.ingest.scenes import Scene
from tests.services.ingest.small_batches import small_batches
from tests.services.ingest.watched_imports import Watched, WatchedImports

MACHINES = int(os.environ.get("MOORING_TEST_MACHINES", "6"))
STEPS = 12
WIDTH = 3
FAULTS: tuple[StorageError, ...] = (
    BucketNotFoundError("It is gone."),
    StorageUnavailableError("It is away."),
    StorageThrottledError("Slow down.", wait=timedelta(seconds=1)),
)
EPISODES = ("work", "work", "fault", "pause", "tokens", "pages", "sleep", "sleep", "wake")
ENDINGS = ("finish", "finish", "finish wide", "finish wide", "cancel", "leave")
FATES: tuple[Fate, ...] = ("lives", "lives", "lives", "dies before", "dies within", "dies behind")
Result = TypeVar("Result")
Episode = tuple[str, int, list[int], list[Fate]]

picks = st.integers(0, 99)
chances = st.integers(0, 1 << 32).map(Random)  # what it does is not worth making smaller
scripts = st.lists(
    st.tuples(
        st.sampled_from(EPISODES),
        picks,
        st.lists(picks, min_size=1, max_size=4),
        st.lists(st.sampled_from(FATES), max_size=6),
    ),
    max_size=5,
)
endings = st.sampled_from(ENDINGS)
decisions = st.sampled_from(["apply", "apply", "discard", "wait"])


@dataclass(frozen=True)
class World:
    """What all machines share: a database, and the loop that it belongs to."""

    database: Database
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    async def make_scene(self) -> Scene:
        tenant = await add_tenant(self.database)
        ground = await lay_ground(self.database, tenant.org_id)
        return Scene(self.database, tenant.org_id, ground, FrozenClock(NOW))


class BucketMachine(RuleBasedStateMachine):
    """One bucket's life."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.scene = world.run(world.make_scene())
        self.store = self.scene.store
        self.watched = WatchedImports(self.scene)
        self.bucket = ChangingBucket(self.store)
        self.merger = MortalMerger(self.scene.database, self.scene.clock)
        self.benches = [
            Bench(
                self.scene.database,
                self.store,
                self.scene.clock,
                slice_length=length,
                most_ranges=width,
                most_assets=4,
                merger=self.merger,
            )
            for length, width in [(timedelta(), 1), (timedelta(minutes=1), WIDTH)]
        ]
        self.sleepers: list[tuple[RangeWork, PageStep]] = []

    def may_change(self) -> bool:
        """Say whether nobody lists the bucket: what is listed meanwhile may be seen or not."""
        return all(each.is_scanned for each in self.watched.running)

    @initialize(
        chance=chances, unordered=st.sampled_from([False, False, True]), known=st.booleans()
    )
    def fill(self, chance: Random, *, unordered: bool, known: bool) -> None:
        self.store._unordered = unordered
        self.bucket.fill(chance)
        if known:
            begun = self.world.run(
                self.watched.begin_sync("", min_size=0, dry_run=False, share=0.2)
            )
            assert begun is not None
            self._finish(begun, "apply", self.benches[0])

    @rule(
        chance=chances,
        times=st.integers(0, 12),
        prefix=st.sampled_from([*PREFIXES, None]),
        options=st.tuples(
            st.sampled_from([0, 0, 0, 2]),
            st.sampled_from([False, False, True]),
            st.sampled_from([0.2, 0.5, 0.0, 1.0]),
        ),
        script=scripts,
        ending=endings,
        decision=decisions,
    )
    def sync(
        self,
        *,
        chance: Random,
        times: int,
        prefix: str | None,
        options: tuple[int, bool, float],
        script: list[Episode],
        ending: str,
        decision: str,
    ) -> None:
        """Change the bucket, and import a prefix, or some source files."""
        if self.may_change():
            self.bucket.change(chance, times)
        min_size, dry_run, share = options
        if prefix is None:
            chosen = chance.sample(TEXTS, chance.randrange(len(TEXTS)))
            beginning = self.watched.begin_files(chosen)
        else:
            beginning = self.watched.begin_sync(
                prefix, min_size=min_size, dry_run=dry_run, share=share
            )
        begun = self.world.run(beginning)
        if begun is not None:
            self._live(begun, script, ending, decision)

    @precondition(lambda self: self.watched.running)
    @rule(pick=picks, script=scripts, ending=endings, decision=decisions)
    def go_on(self, pick: int, script: list[Episode], ending: str, decision: str) -> None:
        running = self.watched.running
        self._live(running[pick % len(running)], script, ending, decision)

    def _live(self, watched: Watched, script: list[Episode], ending: str, decision: str) -> None:
        """Let an import live through some episodes, and perhaps end."""
        self.scene.clock.advance(timedelta(minutes=1))
        for episode in script:
            self._live_through(watched, *episode)
        if watched not in self.watched.running:
            return
        if ending == "cancel" and watched.state != "failed":
            self._steer(watched, "cancel")
        if ending.startswith("finish"):
            self._finish(watched, decision, self.benches[ending == "finish wide"])

    def _live_through(
        self, watched: Watched, episode: str, pick: int, turns: list[int], fates: list[Fate]
    ) -> None:
        match episode:
            case "work":
                self.merger.meet(fates)
                self.world.run(self.watched.work(watched, self.benches[pick % 2], turns=turns))
                self.merger.meet([])
            case "fault":
                self.store.fail(FAULTS[pick % len(FAULTS)], after_pages=turns[0] % 5)
                self.world.run(self.watched.work(watched, self.benches[0], turns=turns))
                self.store.recover()
            case "pause" if watched.state in ("queued", "running"):
                self._pause(watched, turns, is_resumed=pick % 3 > 0)
            case "tokens":
                self.store.expire_tokens()
            case "pages":
                self.store.page_size = 1 + pick % 4
            case "sleep" if watched.state in ("queued", "running"):
                self.world.run(self._list_and_sleep(watched))
                self.world.run(self.watched.work(watched, self.benches[0], turns=turns))
                if pick % 2:
                    self._wake_up()
            case "wake":
                self._wake_up()

    def _finish(self, watched: Watched, decision: str, bench: Bench) -> None:
        match watched.state:
            case "failed":
                self._steer(watched, "retry")
            case "paused":
                self._steer(watched, "resume")
        self.world.run(self.watched.finish(watched, bench))
        if watched.state == "awaiting_decision" and decision != "wait":
            watched.is_agreed = decision == "apply"
            self._steer(watched, "decide", decision)
            self.world.run(self.watched.finish(watched, bench))

    def teardown(self) -> None:
        for watched in list(self.watched.running):
            self._finish(watched, "apply", self.benches[1])
        self._wake_up()

    def _pause(self, watched: Watched, turns: list[int], *, is_resumed: bool) -> None:
        self._steer(watched, "pause")
        for bench in self.benches:
            self.world.run(self.watched.work(watched, bench, turns=turns))
        if is_resumed:
            self._steer(watched, "resume")

    def _wake_up(self) -> None:
        for work, step in self.sleepers:
            self.world.run(self._write_too_late(work, step))
        self.sleepers.clear()

    def _steer(self, watched: Watched, verb: str, *more: str) -> None:
        steer = getattr(self.scene.imports, verb)
        self.world.run(steer(self.scene.org_id, watched.job.import_id, *more))
        self.world.run(self.watched.look(watched))

    async def _list_and_sleep(self, watched: Watched) -> None:
        """List a page and write it much later, as a worker does whose machine was asleep."""
        try:
            work = await find_work(
                self.scene.database, watched.job, self.scene.clock, most_ranges=WIDTH
            )
        except TooManyRangesError:
            work = None
        await self.watched.look(watched)
        if work is None or work.kind != "list" or work.selection != "prefix":
            return
        steps = walk_pages(self.store, work, TimeSlice(timedelta(minutes=1)))
        with suppress(StorageError):
            self.sleepers.append((work, (await anext(steps)).within(work.upper)))

    async def _write_too_late(self, work: RangeWork, step: PageStep) -> None:
        with suppress(ImportEndedError, RangeLostError):
            await Merger(self.scene.database, self.scene.clock).apply(work, step)
        for watched in list(self.watched.running):
            await self.watched.look(watched)


async def test_the_assets_follow_a_bucket_however_it_changes_and_is_imported(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database, asyncio.get_running_loop())
    bounds = settings(
        max_examples=MACHINES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with small_batches(monkeypatch):
        factory = cast("type[BucketMachine]", partial(BucketMachine, world))
        await asyncio.to_thread(run_state_machine_as_test, factory, settings=bounds)
