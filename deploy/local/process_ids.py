"""Recorded processes: is that one still there, and is it the one that we started?

A number alone does not say: the system gives it to another process later. Its start time does.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalStackError


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, told from every other one that has had or will have its number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        return cls(pid, start_time(pid))

    @classmethod
    def ours(cls) -> "ProcessIdentity":
        return cls.of(os.getpid())

    @classmethod
    def read(cls, file: Path) -> "ProcessIdentity | None":
        """Return what `write` wrote; None when there is no record, or half of one."""
        try:
            pid, _, started = file.read_text().partition(" ")
        except FileNotFoundError:
            return None
        return cls(int(pid), started) if pid.isdigit() else None

    def write(self, file: Path) -> None:
        file.write_text(f"{self.pid} {self.started}")

    def is_alive(self) -> bool:
        return bool(self.started) and start_time(self.pid) == self.started

    def stop(self, signals: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send one signal after the other, each with its seconds of patience, until it is gone."""
        for word, patience in signals:
            if not self.is_alive():
                return
            os.kill(self.pid, word)
            deadline = time.monotonic() + patience
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.02)
        if self.is_alive():
            raise LocalStackError(f"Process {self.pid} does not stop: stop it yourself.")


def start_time(pid: int) -> str:
    """Return when the process started, in words that only compare; "" when it is not running.

    A process that has ended and only waits to be reaped is not running.
    """
    if sys.platform != "linux":
        state, _, started = ps(pid, "state=", "lstart=").partition(" ")
        return "" if state.startswith("Z") else started.strip()
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = status.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"  # proc(5): starttime is field 22


def command_line(pid: int) -> list[str]:
    """Return the words of the process's command line; none when there is no such process."""
    if sys.platform != "linux":
        return ps(pid, "command=").split()
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [os.fsdecode(word) for word in words.split(b"\0")]


def ps(pid: int, *columns: str) -> str:
    command = ["/bin/ps", "-p", str(pid)]
    for column in columns:
        command += ["-o", column]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stdout.strip()
