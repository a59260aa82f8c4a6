"""What processes used: CPU seconds and the most memory, as Linux counts them (proc(5))."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _UTIME, _CSTIME = 1, 11, 14  # fields of /proc/<pid>/stat behind the name
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds by the part of the system that used them."""

    seconds: dict[str, float]

    def since(self, before: "Usage") -> "Usage":
        return Usage({name: used - before.seconds[name] for name, used in self.seconds.items()})

    def __str__(self) -> str:
        return ", ".join(f"{name} {used:.1f} s" for name, used in self.seconds.items())


def cpu_seconds(pid: int) -> float:
    """Return what a process has used, with the children that it has waited for."""
    return sum(map(int, _stat(pid)[_UTIME : _CSTIME + 1])) / _TICKS


def family_cpu_seconds(pid: int) -> float:
    """Return what a process and all its children have used, those that live included."""
    total = cpu_seconds(pid)
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if int(_stat(int(entry.name))[_PARENT]) == pid:
                total += cpu_seconds(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):  # it ended; now its parent has its time
            continue
    return total


def peak_memory(pid: int) -> float:
    """Return the most memory that a process has held at once, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / MEBIBYTE


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
