"""Walk an inventory: its manifest becomes a range for each data file, their rows become assets."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.ingest.inventories.batches import RowBatch
from services.ingest.inventories.fetching import fetch_data_file, fetch_inventory
from services.ingest.inventories.inventory import InventoryFile
from services.ingest.inventories.reading import stream_rows
from services.ingest.merge import RangeWork
from services.ingest.object_reader import ObjectReader
from services.ingest.pieces import add_range
from services.ingest.sources import InventoryReport, source_of
from services.ingest.walks.marking import MarkStep
from services.ingest.walks.staging import Found, find_aside, selector_of
from shared.database.external_locations import get_external_location
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import Counts, enter_phase
from shared.database.session import Database, Session
from shared.storage.base import ObjectRow


@dataclass(frozen=True, slots=True)
class InventoryStep:
    """A manifest that was read: the data files that it names."""

    files: Sequence[InventoryFile]
    after: str | None = None
    last: str | None = None
    done: bool = True

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Store a range for each data file, for any worker to walk."""
        job = await get_import_job(session, work.import_id)
        await enter_phase(session, work.import_id, "scanning")
        for file in self.files:
            await add_range(session, job, "file", work=file.as_work())
        return Counts()


class InventoryWalk:
    """Read inventories: reports that are hours old, so a listing has to follow."""

    def __init__(self, database: Database, objects: ObjectReader) -> None:
        self._database = database
        self._objects = objects

    async def walk_manifest(self, work: RangeWork) -> AsyncIterator[InventoryStep]:
        """Give the one step there is. Raise what `fetch_inventory` raises."""
        place, report = work.place, _report_of(work)
        async with self._database.begin(place.org_id) as session:
            location = await get_external_location(session, place.location_id)
        inventory = await fetch_inventory(
            self._objects, place.org_id, report.location_id, report.key, bucket=location.bucket
        )
        yield InventoryStep(inventory.files)

    async def walk_file(self, work: RangeWork) -> AsyncIterator[MarkStep]:
        """Iterate over the rows of a data file behind those that were applied, in its order.

        The cursors are numbers of rows. Raise what `fetch_data_file` and `stream_rows` raise.
        """
        report, file = _report_of(work), InventoryFile.of_work(work.piece or {})
        selector, after = selector_of(work), work.cursor
        org_id = work.place.org_id
        async with fetch_data_file(self._objects, org_id, report.location_id, file) as path:
            async for batch in stream_rows(path, file, after=int(after or 0)):
                below = _below(batch, work)
                found = await find_aside(below.rows, below.undecodable, selector)
                yield MarkStep(after, str(batch.last), done=False, found=found)
                after = str(batch.last)
        yield MarkStep(after, after, done=True, found=Found())


def _report_of(work: RangeWork) -> InventoryReport:
    report = source_of(work.source or {})
    if not isinstance(report, InventoryReport):
        raise TypeError("A manifest of source files is no inventory.")
    return report


def _below(batch: RowBatch, work: RangeWork) -> RowBatch:
    """Return what lies below the import's prefix; with versions where they are to be pinned."""
    raw = work.prefix.encode()
    rows = [row for row in batch.rows if row.key.startswith(work.prefix)]
    if not work.pin_versions:
        rows = [_unpinned(row) for row in rows]
    undecodable = [each for each in batch.undecodable if each.raw.startswith(raw)]
    return RowBatch(batch.last, rows, undecodable)


def _unpinned(row: ObjectRow) -> ObjectRow:
    return ObjectRow(row.key, row.size, row.etag, row.last_modified, row.storage_class)
