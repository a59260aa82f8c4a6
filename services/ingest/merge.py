"""The page transaction: what a worker found is written once, whoever found it and died."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from pydantic import JsonValue

from services.ingest.phases import advance
from services.ingest.selectors import Kind
from shared.clock import Clock
from shared.database.asset_merge import Place
from shared.database.import_progress import Counts, add_counts
from shared.database.import_ranges import move_cursor
from shared.database.session import Database, Session

Plan = Literal["none", "apply", "dry_run"]
RangeKind = Literal["list", "mark", "read", "file", "sweep", "probe", "plan", "apply"]


class RangeLostError(Exception):
    """Another worker has moved the range's cursor: nothing was written, and nothing may be."""


class ImportEndedError(Exception):
    """The import was cancelled, was paused or has failed: nothing was written, or may be."""


@dataclass(frozen=True, slots=True)
class RangeWork:
    """A range with what a worker must know to walk it on from `cursor`."""

    place: Place
    import_id: UUID
    range_id: UUID
    kind: RangeKind
    selection: Kind
    plan: Plan
    prefix: str
    filters: dict[str, JsonValue] | None
    pin_versions: bool
    is_ordered: bool
    source: dict[str, JsonValue] | None
    piece: dict[str, JsonValue] | None
    cursor: str | None
    upper: str | None

    @property
    def is_planned(self) -> bool:
        """Say whether differences are noted first, so that assets can be missing or have moved."""
        return self.plan != "none"


class Step(Protocol):
    """A piece of a range's work: from the cursor `after` to `last`; `done` with the last one."""

    @property
    def after(self) -> str | None: ...

    @property
    def last(self) -> str | None: ...

    @property
    def done(self) -> bool: ...

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Write what was found, in the transaction that moves the cursor, and count it."""
        ...


class Merger:
    """Apply the steps of ranges, each in a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def apply(self, work: RangeWork, step: Step) -> None:
        """Write a step, or raise RangeLostError or ImportEndedError and write nothing of it."""
        async with self._database.begin(work.place.org_id) as session:
            # First, for its row lock: a worker that took this one's place has moved the cursor,
            # or waits here until this transaction has moved it and then does not find it.
            moved = await move_cursor(
                session,
                work.range_id,
                after=step.after,
                last=step.last,
                upper=work.upper,
                done=step.done,
            )
            if not moved:
                raise RangeLostError
            counts = await step.write(session, work)
            if not await add_counts(session, work.import_id, counts):
                raise ImportEndedError
            if step.done:
                await advance(session, work.import_id, work.kind, self._clock)
