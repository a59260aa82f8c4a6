"""Our child processes: started, watched, stopped in order, and gone when we are gone.

with Processes(data_dir) as processes:
    processes.start(Program("vault", command, environment, ready_url=f"{url}/readyz"))
    processes.await_ready()
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.local.directories import make_directory
from deploy.local.errors import LocalStackError
from deploy.local.leash import leashed
from deploy.local.process_ids import ProcessIdentity

START_SECONDS = 60.0  # a cold start on a busy machine; a usual one takes two
STOP_SECONDS = 15.0  # a worker takes up to 10 s to finish its present batch
POLL_SECONDS = 0.05
LAST_LINES = 15


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; it is ready when `ready_url` answers 200, or at once when there is none."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    ready_url: str | None = None
    directory: Path | None = None
    on_our_death: signal.Signals = signal.SIGKILL
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Child:
    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    record: Path

    def check(self) -> None:
        """Raise LocalStackError, with the end of its log, when it has ended by itself."""
        code = self.process.poll()
        if code is not None:
            raise LocalStackError(
                f"The {self.program.name} stopped ({exit_words(code)}). "
                f"The end of {self.log}:\n{last_lines(self.log)}"
            )

    def await_ready(self, deadline: float, check_all: Callable[[], None]) -> None:
        url = self.program.ready_url
        while url is not None:
            check_all()  # it may wait for one that has ended
            answer = ask(url)
            if answer == "200":
                return
            if time.monotonic() > deadline:
                raise LocalStackError(
                    f"The {self.program.name} is not ready after {START_SECONDS:.0f} s: {url} "
                    f"says {answer}. The end of {self.log}:\n{last_lines(self.log)}"
                )
            time.sleep(POLL_SECONDS)


class Processes:
    """The children of one `with` block; its end stops them all."""

    def __init__(self, data_dir: Path) -> None:
        self._logs = make_directory(data_dir / "logs")
        self._records = make_directory(data_dir / "run")
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, program: Program) -> None:
        """Start `program`; what an earlier start of it may have left running is stopped first."""
        record = self._records / f"{program.name}.pid"
        leftover = ProcessIdentity.read(record)
        if leftover is not None:
            leftover.stop([(signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)])
        log = self._logs / f"{program.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("wb") as sink:
            process = subprocess.Popen(
                leashed(program.command, on_our_death=program.on_our_death),
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches us alone: we stop things in their order
            )
        self._children.append(Child(program, process, log, record))
        ProcessIdentity.of(process.pid).write(record)

    def await_ready(self) -> None:
        """Wait until every child is ready.

        Raises:
            LocalStackError: one of them ended, or was not ready in time.
        """
        deadline = time.monotonic() + START_SECONDS
        for child in self._children:
            child.await_ready(deadline, self.check)
        self.check()

    def check(self) -> None:
        """Raise LocalStackError when a child has ended by itself."""
        for child in self._children:
            child.check()

    def stop(self) -> None:
        """Ask all to stop, the last one first, and end those that take too long."""
        for child in reversed(self._children):
            child.process.send_signal(child.program.stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while self._children:
            child = self._children.pop()
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            child.record.unlink(missing_ok=True)


def ask(url: str) -> str:
    """Return the status of a GET, or why there was no answer."""
    try:
        return str(httpx.get(url, timeout=2.0, trust_env=False).status_code)
    except httpx.TransportError as error:
        return type(error).__name__


def exit_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
