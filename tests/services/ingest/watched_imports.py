"""Watched imports: run beside a model, which each asset must agree with at every moment."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from services.ingest.ranges import RangeJob
from shared.database.import_jobs import ImportJob
from shared.errors import ConflictError
from shared.storage.base import ObjectRow
from tests.services.ingest.asset_model import Known, Outcome, expect_source_files, expect_sync
from tests.services.ingest.bench import Bench
from tests.services.ingest.mortal_workers import Killed
from tests.services.ingest.scenes import Scene

MANY = 1_000  # rounds of jobs: an import that takes more does not end
COUNTS = (
    "listed", "skipped", "added", "changed", "moved", "restored", "unchanged", "missing",
    "archived", "rejected", "applied",
)  # fmt: skip


@dataclass
class Watched:
    """An import that has not ended, and what the model expects of it."""

    job: RangeJob
    prefix: str | None
    outcome: Outcome
    state: str = "queued"
    phase: str | None = None
    is_agreed: bool = False

    @property
    def is_scanned(self) -> bool:
        """Say whether it asks the bucket nothing more."""
        return self.state == "awaiting_decision" or self.phase in ("planning", "applying")

    def overlaps(self, prefix: str | None) -> bool:
        """Say whether an import of a prefix, or of source files, may touch the same keys."""
        if self.prefix is None or prefix is None:
            return True
        return self.prefix.startswith(prefix) or prefix.startswith(self.prefix)


@dataclass
class WatchedImports:
    """The imports of one scene, run by workers that may die, and the assets that the model has."""

    scene: Scene
    assets: dict[UUID, Known] = field(default_factory=dict)
    running: list[Watched] = field(default_factory=list)
    given_up: list[Watched] = field(default_factory=list)

    async def begin_sync(
        self, prefix: str, *, min_size: int, dry_run: bool, share: float
    ) -> Watched | None:
        """Begin to import a prefix; None, and it was refused, if another import overlaps."""

        def expect() -> Outcome:
            known = any(each.key.startswith(prefix) for each in self.assets.values())
            return expect_sync(
                self.assets,
                self._bucket(),
                prefix=prefix,
                min_size=min_size,
                plan="dry_run" if dry_run else "apply" if known else "none",
                share=share,
            )

        return await self._begin(
            prefix,
            expect,
            prefix=prefix,
            plan="dry_run" if dry_run else "none",
            filters={"min_size": min_size} if min_size else None,
            max_missing_share=share,
        )

    async def begin_files(self, keys: Sequence[str]) -> Watched | None:
        """Begin to import source files; None, and it was refused, if another import runs."""

        def expect() -> Outcome:
            return expect_source_files(self.assets, self._bucket(), keys)

        return await self._begin(None, expect, source_files=keys)

    async def work(self, watched: Watched, bench: Bench, *, turns: Sequence[int]) -> None:
        """Run one job in each turn, of the open range that the turn chooses."""
        for turn in turns:
            if watched not in self.running or watched.state not in ("queued", "running"):
                return
            open_ranges = await self._open_ranges(watched)
            await self._run(watched, bench, open_ranges[turn % len(open_ranges)])
            await self.look(watched)

    async def finish(self, watched: Watched, bench: Bench) -> None:
        """Run an import until it has ended or waits for somebody."""
        for _ in range(MANY):
            if watched.state not in ("queued", "running"):
                break
            for range_id in await self._open_ranges(watched):
                await self._run(watched, bench, range_id)
            watched.state = (await self.scene.look(watched.job)).state
        assert watched.state not in ("queued", "running"), "The import does not end."
        if watched in self.running:
            await self.look(watched)

    async def look(self, watched: Watched) -> None:
        """Check all assets, and whether the import has ended as it should."""
        job = await self.scene.look(watched.job)
        watched.state, watched.phase = job.state, job.phase
        seen = await self.check()
        if job.state == "awaiting_decision":
            assert watched.outcome.asks
        if job.state == "completed":
            assert watched.is_agreed or not watched.outcome.asks
            await self._compare(watched, job, seen)
        if job.state in ("completed", "cancelled", "discarded"):
            self._adopt(watched, seen)

    def give_up(self, watched: Watched, seen: Mapping[UUID, Known]) -> None:
        """Leave a failed import as it is; what it has written stays."""
        self._adopt(watched, seen)
        self.given_up.append(watched)

    async def check(self) -> dict[UUID, Known]:
        """Return the assets as they are: each as it was, or as an import that runs makes it."""
        seen = await self._observe()
        assert self.assets.keys() <= seen.keys()
        for asset_id, asset in seen.items():
            if asset_id in self.assets:
                may_be = [each.outcome.after.get(asset_id) for each in self.running]
                assert asset in (self.assets[asset_id], *may_be)
            else:
                may_be = [each.outcome.added.get(asset.key) for each in self.running]
                assert asset in may_be
        return seen

    async def _begin(
        self, reach: str | None, expect: Callable[[], Outcome], **what: Any
    ) -> Watched | None:
        if any(each.overlaps(reach) for each in self.running if each.state != "failed"):
            with pytest.raises(ConflictError):
                await self.scene.begin(**what)
            return None
        job = await self.scene.begin(**what)
        for each in [each for each in self.running if each.overlaps(reach)]:
            self.give_up(each, await self.check())
        for each in [each for each in self.given_up if each.overlaps(reach)]:
            with pytest.raises(ConflictError):
                await self.scene.imports.retry(self.scene.org_id, each.job.import_id)
        # Only now: what a failed import had written by then is known to the one that follows.
        begun = Watched(job, reach, expect())
        self.running.append(begun)
        return begun

    async def _run(self, watched: Watched, bench: Bench, range_id: UUID) -> None:
        with suppress(Killed):
            await bench.jobs.run(replace(watched.job, range_id=range_id))

    async def _open_ranges(self, watched: Watched) -> list[UUID]:
        ranges = await self.scene.ranges(watched.job)
        return sorted(each.range_id for each in ranges if each.state == "open")

    async def _compare(self, watched: Watched, job: ImportJob, seen: Mapping[UUID, Known]) -> None:
        outcome = watched.outcome
        counts = {name: getattr(job, name) for name in COUNTS if getattr(job, name)}
        if job.plan == "none" and job.listing == "unordered" and watched.prefix is not None:
            # What it had added before it learned that there is no order is known already.
            counts["added"] = counts.get("added", 0) + counts.pop("unchanged", 0)
            counts = {name: count for name, count in counts.items() if count}
        assert counts == outcome.counts
        assert tuple(await self.scene.changes(job)) == outcome.changes
        assert {asset_id: seen[asset_id] for asset_id in outcome.after} == outcome.after
        added = {each.key for asset_id, each in seen.items() if asset_id not in self.assets}
        assert outcome.added.keys() <= added

    def _adopt(self, watched: Watched, seen: Mapping[UUID, Known]) -> None:
        self.running.remove(watched)
        for asset_id, asset in seen.items():
            if asset_id in watched.outcome.after or asset.key in watched.outcome.added:
                self.assets[asset_id] = asset

    async def _observe(self) -> dict[UUID, Known]:
        history: dict[UUID, list[tuple[int, str, int, str]]] = {}
        for was in await self.scene.history():
            history.setdefault(was.asset_id, []).append((was.version, was.key, was.size, was.etag))
        return {
            asset.asset_id: Known(
                asset.key,
                asset.size,
                asset.etag,
                asset.last_modified,
                asset.storage_class,
                asset.state,
                asset.version,
                tuple(history.get(asset.asset_id, ())),
            )
            for asset in (await self.scene.assets()).values()
        }

    def _bucket(self) -> dict[bytes, ObjectRow]:
        return {raw: stored.row for raw, stored in self.scene.store._objects.items()}
