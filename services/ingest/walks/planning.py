"""Plan and apply: what was found to differ is understood as a whole, and then written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from services.ingest.merge import RangeWork
from shared.database.asset_merge import apply_changes
from shared.database.import_changes import find_change_key, find_moves
from shared.database.import_jobs import get_import_job
from shared.database.import_progress import Counts
from shared.database.session import Database, Session

BATCH_CHANGES = 10_000  # as many as a step of the listing writes


@dataclass(frozen=True, slots=True)
class PlanStep:
    """The whole of what an import has found."""

    after: str | None = None
    last: str | None = None
    done: bool = True

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Find the objects that moved: each was counted as an added and a missing one."""
        job = await get_import_job(session, work.import_id)
        if not (job.may_have_moves and job.can_be_paired):
            return Counts()
        moved = await find_moves(session, work.import_id)
        return Counts(moved=moved, added=-moved, missing=-moved)


@dataclass(frozen=True, slots=True)
class ApplyStep:
    """The planned changes of the keys in `(after, last]`; `last` None is the end."""

    after: str | None
    last: str | None
    done: bool

    async def write(self, session: Session, work: RangeWork) -> Counts:
        """Write them to the assets."""
        written = await apply_changes(
            session, work.place, work.import_id, after=self.after, last=self.last
        )
        return Counts(applied=written.total)


async def walk_plan() -> AsyncIterator[PlanStep]:
    """Give the one step there is."""
    yield PlanStep()


async def walk_changes(database: Database, work: RangeWork) -> AsyncIterator[ApplyStep]:
    """Iterate over an import's changes in the order of their keys."""
    while True:
        async with database.begin(work.place.org_id) as session:
            last = await find_change_key(
                session, work.import_id, after=work.cursor, most=BATCH_CHANGES
            )
        yield ApplyStep(work.cursor, last, last is None)
        if last is None:
            return
        work = replace(work, cursor=last)
