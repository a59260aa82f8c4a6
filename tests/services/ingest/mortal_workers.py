"""Workers that die at a step a test chooses: before it, in the midst of it, or just behind it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.ingest.merge import Merger, RangeWork, Step
from shared.clock import Clock
from shared.database.import_progress import Counts
from shared.database.session import Database, Session

Fate = Literal["lives", "dies before", "dies within", "dies behind"]


class Killed(BaseException):
    """The worker is gone: nothing of what it meant to do next is done."""


@dataclass(frozen=True)
class _LastStep:
    """A step in whose transaction the worker dies, when all is written and nothing committed."""

    step: Step

    @property
    def after(self) -> str | None:
        return self.step.after

    @property
    def last(self) -> str | None:
        return self.step.last

    @property
    def done(self) -> bool:
        return self.step.done

    async def write(self, session: Session, work: RangeWork) -> Counts:
        await self.step.write(session, work)
        raise Killed


class MortalMerger(Merger):
    """A merger whose next steps have the fates that a test gave them; all others it survives."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._fates: deque[Fate] = deque()

    def meet(self, fates: Iterable[Fate]) -> None:
        """Give the next steps their fates, in place of those that are left."""
        self._fates = deque(fates)

    async def apply(self, work: RangeWork, step: Step) -> None:
        fate = self._fates.popleft() if self._fates else "lives"
        if fate == "dies before":
            raise Killed
        await super().apply(work, _LastStep(step) if fate == "dies within" else step)
        if fate == "dies behind":
            raise Killed
