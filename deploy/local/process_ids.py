"""Recorded process ids: is that process still there, and is it the one that we started?"""

import os
import subprocess
import sys
from pathlib import Path


def is_running(pid: int) -> bool:
    """Tell whether a process with this id runs; one that ended and waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not is_zombie(pid)


def is_zombie(pid: int) -> bool:
    if sys.platform != "linux":
        return ps(pid, "state=").startswith("Z")
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"  # the name before it may hold anything


def command_line(pid: int) -> list[str]:
    """Return the words of the process's command line; none when there is no such process."""
    if sys.platform != "linux":
        return ps(pid, "command=").split()
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [os.fsdecode(word) for word in words.split(b"\0")]


def ps(pid: int, column: str) -> str:
    asked = subprocess.run(
        ["/bin/ps", "-p", str(pid), "-o", column], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()
