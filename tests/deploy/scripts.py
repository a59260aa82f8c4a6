"""Scripts that run in a process of their own, so that it can be killed."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deploy.local.process_ids import ProcessIdentity
from deploy.local.settings import REPOSITORY

PATIENCE_SECONDS = 30.0


@contextmanager
def running(code: str, *arguments: str, before: Sequence[str] = ()) -> Iterator["Script"]:
    """Run `code`, behind the command `before`; it is killed at the end of the block."""
    command = [*before, sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Script(process)
        finally:
            process.kill()


class Script:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def read_line(self) -> str:
        """Return the next line that it prints; fail when it ends instead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the script ended with {self.process.wait()}"
        return line.strip()

    def read_process(self) -> ProcessIdentity:
        """Return the process whose number it prints next."""
        return ProcessIdentity.of(int(self.read_line()))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait until `condition` holds; False when it does not come to that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_gone(process: ProcessIdentity) -> bool:
    return eventually(lambda: not process.is_alive())
