"""The walker: walks one range after another with what its kind needs, and writes each step."""

from collections.abc import AsyncIterator
from dataclasses import replace

from services.ingest.merge import Merger, RangeLostError, RangeWork, Step
from services.ingest.slices import TimeSlice
from services.ingest.splits import Splitter
from services.ingest.stores import OpenStore
from services.ingest.walks.inventories import InventoryWalk
from services.ingest.walks.manifests import ManifestWalk
from services.ingest.walks.marking import walk_assets, walk_unordered
from services.ingest.walks.pages import MOST_ASSETS, cut_step, walk_pages
from services.ingest.walks.planning import walk_changes, walk_plan
from services.ingest.walks.probing import ProbeWalk
from services.ingest.walks.source_files import walk_source_files
from shared.database.import_ranges import find_import_range
from shared.database.session import Database
from shared.errors import StorageDeniedError
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation
from shared.storage.base import ObjectStore


class Walker:
    """Walk ranges of every kind. Without a lease for what asks Postgres alone."""

    def __init__(
        self,
        database: Database,
        *,
        leases: LeaseCache,
        open_store: OpenStore,
        merger: Merger,
        splitter: Splitter,
        manifests: ManifestWalk,
        inventories: InventoryWalk,
        probes: ProbeWalk,
        most_assets: int = MOST_ASSETS,
    ) -> None:
        self._database = database
        self._leases = leases
        self._open_store = open_store
        self._merger = merger
        self._splitter = splitter
        self._manifests = manifests
        self._inventories = inventories
        self._probes = probes
        self._most_assets = most_assets

    async def walk(self, work: RangeWork, time: TimeSlice) -> AsyncIterator[bool]:
        """Write steps until the range is done or the time is over.

        Yield for each that is in whether the range is done with it. The steps themselves are let
        go of before the next one is made: each has megabytes of rows.
        """
        match work.kind:
            case "probe":
                steps = self._write_all(work, self._probes.walk(work, time), time)
            case "plan":
                steps = self._write_all(work, walk_plan(), time)
            case "apply":
                steps = self._write_all(work, walk_changes(self._database, work), time)
            case "read" if work.selection == "inventory":
                steps = self._write_all(work, self._inventories.walk_manifest(work), time)
            case "file":
                steps = self._write_to_the_end(work, self._inventories.walk_file(work))
            case "read":
                steps = self._write_to_the_end(work, self._manifests.walk(work))
            case "sweep":
                steps = self._write_all(work, walk_assets(self._database, work), time)
            case _:
                steps = self._walk_store(work, time)
        async for done in steps:
            yield done

    async def _walk_store(self, work: RangeWork, time: TimeSlice) -> AsyncIterator[bool]:
        """Walk with a lease to list.

        A session can end before its time, so a lease that the cloud refuses is replaced once.
        """
        place = work.place
        lease = await self._leases.get(place.org_id, place.location_id, Operation.LIST)
        try:
            async for done in self._walk_with(lease, work, time):
                yield done
        except StorageDeniedError:
            fresh = await self._leases.renew_refused(lease)
            if fresh.issued_at == lease.issued_at:
                raise
        else:
            return
        async for done in self._walk_with(fresh, await self._look_again(work), time):
            yield done

    async def _look_again(self, work: RangeWork) -> RangeWork:
        """Return what is left of a range, which was walked on, and perhaps cut, since it was found.

        Raise RangeLostError when its import has begun anew.
        """
        async with self._database.begin(work.place.org_id) as session:
            found = await find_import_range(session, work.range_id)
        if found is None:
            raise RangeLostError
        return replace(work, cursor=found.cursor, upper=found.upper)

    async def _walk_with(
        self, lease: Lease, work: RangeWork, time: TimeSlice
    ) -> AsyncIterator[bool]:
        async with self._open_store(lease) as store:
            match work.kind, work.selection:
                case "mark", _:
                    steps = self._write_all(work, walk_unordered(store, work, time), time)
                case _, "source_files":
                    files = walk_source_files(self._database, store, work, time)
                    steps = self._write_all(work, files, time)
                case _:
                    steps = self._write_pages(work, store, time)
            async for done in steps:
                yield done

    async def _write_all(
        self, work: RangeWork, steps: AsyncIterator[Step], time: TimeSlice
    ) -> AsyncIterator[bool]:
        async for done in self._write_to_the_end(work, steps):
            yield done
            if done or time.is_over:
                return

    async def _write_to_the_end(
        self, work: RangeWork, steps: AsyncIterator[Step]
    ) -> AsyncIterator[bool]:
        """Write what must be read from its beginning, however long it takes."""
        async for step in steps:
            await self._merger.apply(work, step)
            done = step.done
            del step
            yield done

    async def _write_pages(
        self, work: RangeWork, store: ObjectStore, time: TimeSlice
    ) -> AsyncIterator[bool]:
        """Write the pages up to the range's bound, which comes nearer when it is split."""
        while True:  # listed anew after each cut, so that nothing behind the bound is asked for
            bound = work.upper
            async for batch in walk_pages(store, work, time):
                step = batch.within(bound)
                async for part in cut_step(self._database, work, step, most=self._most_assets):
                    await self._merger.apply(work, part)
                    yield part.done
                    if part.done or time.is_over:
                        return
                    work = replace(work, cursor=part.last)
                work = await self._splitter.split(store, work, seen=batch.found.rows)
                del batch, step, part
                if work.upper != bound:
                    break
            else:
                return
