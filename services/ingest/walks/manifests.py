"""Walk a manifest, in the bucket or uploaded: its lines become the import's source files."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.ingest.manifests.choosing import choose_lines
from services.ingest.manifests.reading import read_lines
from services.ingest.manifests.uploads import manifest_chunks
from services.ingest.merge import RangeWork
from services.ingest.object_reader import ObjectReader
from services.ingest.sources import (
    InventoryReport,
    ManifestObject,
    ManifestSource,
    UploadedManifest,
    source_of,
)
from shared.clock import Clock
from shared.database.external_locations import get_external_location
from shared.database.import_progress import Counts
from shared.database.import_ranges import note_in_range
from shared.database.rejected_keys import Rejection, add_rejected_keys
from shared.database.session import Database, Session
from shared.database.source_files import add_new_source_files

LARGEST_MANIFEST = 4 * 1024**3  # bytes: ten million keys of 400


@dataclass(frozen=True, slots=True)
class ReadStep:
    """Some lines: the cursors are the numbers of lines, `etag` is the manifest's."""

    after: str | None
    last: str | None
    done: bool
    etag: str
    keys: Sequence[str] = ()
    rejections: Sequence[Rejection] = ()

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Store the source files. One that several lines name is one."""
        if self.after is None:
            await note_in_range(session, work.range_id, {"etag": self.etag})
        added = await add_new_source_files(session, work.place.org_id, work.import_id, self.keys)
        rejected = await add_rejected_keys(
            session,
            org_id=work.place.org_id,
            dataset_id=work.place.dataset_id,
            import_id=work.import_id,
            rejections=self.rejections,
        )
        total = sum(rejected.values())
        return Counts(listed=total, source_files=added + total, rejected_by_code=rejected)


class ManifestWalk:
    """Read manifests from their first unread line on."""

    def __init__(self, database: Database, objects: ObjectReader, clock: Clock) -> None:
        self._database = database
        self._objects = objects
        self._clock = clock

    async def walk(self, work: RangeWork) -> AsyncIterator[ReadStep]:
        """Iterate over steps of some thousand lines.

        An object must stay the same until it is read: raises SourceChangedError.
        """
        place, after = work.place, work.cursor
        source = source_of(work.source or {})
        if isinstance(source, InventoryReport):
            raise TypeError("An inventory is no list of source files.")
        async with self._database.begin(place.org_id) as session:
            location = await get_external_location(session, place.location_id)
        async with self._open(work, source) as (chunks, etag):
            async for batch in read_lines(chunks, source.format, after=int(after or 0)):
                choice = choose_lines(location, batch)
                last = str(batch[-1].number)
                yield ReadStep(
                    after,
                    last,
                    done=False,
                    etag=etag,
                    keys=choice.keys,
                    rejections=choice.rejections,
                )
                after = last
            yield ReadStep(after, after, done=True, etag=etag)

    @asynccontextmanager
    async def _open(
        self, work: RangeWork, source: ManifestSource
    ) -> AsyncIterator[tuple[AsyncIterable[bytes], str]]:
        """Open the manifest's bytes; with the ETag of an object, which is to stay the same."""
        place = work.place
        match source:
            case UploadedManifest(manifest_id=manifest_id):
                yield manifest_chunks(self._database, self._clock, place.org_id, manifest_id), ""
            case ManifestObject(key=key):
                known = (work.piece or {}).get("etag")
                async with self._objects.open(
                    place.org_id,
                    place.location_id,
                    key,
                    largest=LARGEST_MANIFEST,
                    etag=known if isinstance(known, str) else None,
                ) as opened:
                    yield opened, opened.etag
