"""A crew of worker processes, to be hired, killed and put to sleep.

Importing what a worker needs takes it a second of processor time, more than it lives here. So they
are forked from a process that has imported it; what is killed is a process like any other.
"""

import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.chaos.member import work

LAST_SECONDS = 15.0  # more than the grace that a worker takes to stop
LAST_WORDS = 4_000  # characters of the log, for a worker that ended by itself
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.chaos.member"])


@dataclass
class Crew:
    """The workers that live."""

    environment: dict[str, str]
    log: Path
    chance: random.Random
    members: list[ForkServerProcess] = field(default_factory=list)

    def hire(self) -> None:
        member = _CONTEXT.Process(target=work, args=(self.environment, self.log), daemon=True)
        member.start()
        self.members.append(member)

    def kill_one(self) -> None:
        """Kill one of them at once, whatever it does, and hire another."""
        victim = self.members.pop(self.chance.randrange(len(self.members)))
        victim.kill()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL, self.log.read_text()[-LAST_WORDS:]
        victim.close()
        self.hire()

    def put_one_to_sleep(self) -> int:
        """Stop one as if its machine had; return its process id."""
        sleeper = self.chance.choice(self.members)
        assert sleeper.pid is not None
        os.kill(sleeper.pid, signal.SIGSTOP)
        return sleeper.pid

    def wake(self, pid: int) -> None:
        if any(each.pid == pid for each in self.members):
            with suppress(ProcessLookupError):  # it was killed in its sleep
                os.kill(pid, signal.SIGCONT)

    def dismiss(self) -> list[int | None]:
        """Ask all to stop; return how they ended."""
        for each in self.members:
            assert each.pid is not None
            os.kill(each.pid, signal.SIGCONT)
            each.terminate()
        for each in self.members:
            each.join(LAST_SECONDS)
        return [each.exitcode for each in self.members]


@contextmanager
def crew(
    environment: dict[str, str], log: Path, chance: random.Random, *, size: int
) -> Iterator[Crew]:
    """Hire workers; whoever is left at the end of the block is killed."""
    hired = Crew(environment, log, chance)
    try:
        for _ in range(size):
            hired.hire()
        yield hired
    finally:
        for each in hired.members:
            each.kill()
            each.join()
