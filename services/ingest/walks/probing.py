"""Probe: some of the objects that came are tried, whether they can be read.

A listing does not tell: the KMS key, the object's owner or a policy may deny what may be listed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from services.ingest.merge import RangeWork
from services.ingest.slices import SliceOverError, TimeSlice
from shared.database.asset_merge import Place
from shared.database.import_changes import (
    SampledObject,
    Unreadable,
    find_change_key,
    list_sample,
    note_unreadable,
)
from shared.database.import_progress import Counts
from shared.database.session import Database, Session
from shared.errors import (
    AppError,
    LeaseExpiredError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.lease_cache import LeaseCache
from shared.leases import Lease, Operation

MOST_OBJECTS = 50  # what one in twenty lacks is found in nine samples of ten
AT_ONCE = 8
BATCH_CHANGES = 200_000  # of which a sample is taken at a time: a second of Postgres
LONGEST_PROBE = timedelta(seconds=20)  # an import waits for it

_DENIED = "The object is listed, but its KMS key, its owner or a policy denies reading it."
_TOO_BUSY_TO_TELL = (StorageThrottledError, StorageUnavailableError)

log = structlog.get_logger()


class Reader(Protocol):
    """Read the first byte of an object, or raise what the object store answers."""

    async def probe(self, lease: Lease, key: str, *, version_id: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """The whole sample: `probed` objects, and by their keys the `unreadable` ones of them."""

    probed: int
    unreadable: Mapping[str, Unreadable]
    after: str | None = None
    last: str | None = None
    done: bool = True

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Note what was found, and leave the plan as it is.

        An unreadable object still becomes an asset that is available: a sample says nothing about
        all the others, and the right may be granted a minute later.
        """
        if self.unreadable:
            await note_unreadable(session, work.import_id, self.unreadable)
        return Counts(probed=self.probed, unreadable=len(self.unreadable))


class ProbeWalk:
    """Try samples of what imports have found."""

    def __init__(
        self,
        database: Database,
        leases: LeaseCache,
        reader: Reader,
        *,
        longest: timedelta = LONGEST_PROBE,
    ) -> None:
        self._database = database
        self._leases = leases
        self._reader = reader
        self._longest = longest

    async def walk(self, work: RangeWork, time: TimeSlice) -> AsyncIterator[ProbeStep]:
        """Give the one step there is, unless the time ends first.

        Whatever the vault or the object store answers, the import goes on, which has all that it
        needs of them: the sample is what was tried by then.
        """
        sample = await self._choose(work)
        trial = _Trial(self._reader)
        if sample:
            try:
                async with time.answer():
                    await self._try(work.place, sample, trial)
            except SliceOverError:
                return
        if trial.ended_by is not None:
            log.warning("probe ended", import_id=str(work.import_id), code=trial.ended_by)
        yield ProbeStep(trial.probed, trial.unreadable)

    async def _choose(self, work: RangeWork) -> list[SampledObject]:
        """Take samples of some changes after the other, and a sample of these."""
        found: list[SampledObject] = []
        last: str | None = None
        while True:
            after = last
            async with self._database.begin(work.place.org_id) as session:
                last = await find_change_key(
                    session, work.import_id, after=after, most=BATCH_CHANGES
                )
                found += await list_sample(
                    session, work.import_id, after=after, last=last, most=MOST_OBJECTS
                )
            if last is None:
                return thin_out(found, most=MOST_OBJECTS)

    async def _try(self, place: Place, sample: Sequence[SampledObject], trial: "_Trial") -> None:
        """Try a sample; with another lease again if this one may be what is refused."""
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                lease = await self._leases.get(place.org_id, place.location_id, Operation.READ)
                await trial.run(lease, sample)
                if trial.doubts_lease:
                    fresh = await self._leases.renew_refused(lease)
                    if fresh.issued_at != lease.issued_at:
                        await trial.run(fresh, trial.take_back_denials(sample))
        except TimeoutError:
            trial.ended_by = StorageUnavailableError.code
        except AppError as error:  # the vault's
            trial.ended_by = error.code


def thin_out(found: Sequence[SampledObject], *, most: int) -> list[SampledObject]:
    """Return up to `most` of the objects, each of which stands for about as many others."""
    if len(found) <= most:
        return [*found]
    total = sum(each.weight for each in found)
    chosen: list[SampledObject] = []
    passed = 0.0
    for each in found:
        if len(chosen) < most and passed >= total * len(chosen) / most:
            chosen.append(each)
        passed += each.weight
    return chosen


class _Trial:
    """What was tried: None for each key that was read, or the error that kept it from us.

    `ended_by` is the code of what kept the rest from being tried.
    """

    def __init__(self, reader: Reader) -> None:
        self.ended_by: str | None = None
        self._reader = reader
        self._outcomes: dict[str, StorageError | None] = {}

    @property
    def probed(self) -> int:
        """How many objects were tried; a session that is over tells nothing about an object."""
        return sum(not isinstance(each, LeaseExpiredError) for each in self._outcomes.values())

    @property
    def unreadable(self) -> dict[str, Unreadable]:
        """Why objects cannot be read, by their keys."""
        return {
            key: Unreadable(
                error.code, _DENIED if isinstance(error, StorageDeniedError) else error.detail
            )
            for key, error in self._outcomes.items()
            if error is not None and not isinstance(error, LeaseExpiredError)
        }

    @property
    def doubts_lease(self) -> bool:
        """Say whether the session is over, or may be: all was denied.

        Where something was read the denials are about the objects. A lease is not replaced for
        them, since the URLs that viewers have would change with it.
        """
        errors = self._outcomes.values()
        is_over = any(isinstance(each, LeaseExpiredError) for each in errors)
        return is_over or (
            bool(errors) and all(isinstance(each, StorageDeniedError) for each in errors)
        )

    def take_back_denials(self, sample: Sequence[SampledObject]) -> list[SampledObject]:
        """Forget what was denied, and return those objects."""
        denied = [
            each for each in sample if isinstance(self._outcomes.get(each.key), StorageDeniedError)
        ]
        for each in denied:
            del self._outcomes[each.key]
        return denied

    async def run(self, lease: Lease, objects: Sequence[SampledObject]) -> None:
        """Try objects, the far ones first, so that those of an early end are spread as well."""
        waiting = deque(each for turn in range(AT_ONCE) for each in objects[turn::AT_ONCE])
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._take_turns(lease, waiting))

    async def _take_turns(self, lease: Lease, waiting: deque[SampledObject]) -> None:
        while waiting:
            each = waiting.popleft()
            try:
                await self._reader.probe(lease, each.key, version_id=each.version_id)
            except AppError as error:
                if not isinstance(error, StorageError) or isinstance(error, _TOO_BUSY_TO_TELL):
                    self.ended_by = error.code
                    waiting.clear()
                else:
                    self._outcomes[each.key] = error
            else:
                self._outcomes[each.key] = None
