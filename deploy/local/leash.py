"""A leash: runs a command as a child that cannot outlive the process that started it.

On Linux the kernel signals the command when its parent dies, however the parent dies (prctl(2),
PR_SET_PDEATHSIG). Elsewhere there is no such thing and the next start has to clear up.

The leash is a program of its own that becomes the command by exec, and not a `preexec_fn`, for two
reasons: a `preexec_fn` may deadlock in a parent with threads, and the setting must be made after
the change of user, which clears it. It uses the standard library only and starts in about 15 ms.

The kernel watches the *thread* that forked: start leashed children from a thread that lives as
long as they should.
"""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
PARENT_IS_GONE = 3


@dataclass(frozen=True, slots=True)
class SystemUser:
    """The identity that a child takes when we are root."""

    uid: int
    gid: int


def leashed(
    command: Sequence[str | Path], *, on_our_death: signal.Signals, user: SystemUser | None = None
) -> list[str]:
    """Return the command line that runs `command` on a leash held by this process."""
    leash = [sys.executable, "-I", "-S", __file__, "--parent", str(os.getpid())]
    leash += ["--signal", str(int(on_our_death))]
    if user is not None:
        leash += ["--uid", str(user.uid), "--gid", str(user.gid)]
    return [*leash, "--", *map(str, command)]


def main() -> None:
    """Take the user, tie the leash, become the command."""
    options = argparse.ArgumentParser(prog="leash")
    options.add_argument("--parent", type=int, required=True)
    options.add_argument("--signal", type=int, required=True)
    options.add_argument("--uid", type=int)
    options.add_argument("--gid", type=int)
    options.add_argument("command", nargs="+")
    asked = options.parse_args()
    if asked.uid is not None:
        os.setgroups([])
        os.setgid(asked.gid)
        os.setuid(asked.uid)
    if sys.platform == "linux":
        tie(asked.signal)
    if os.getppid() != asked.parent:  # it died before the leash was tied
        sys.exit(PARENT_IS_GONE)
    os.execvp(asked.command[0], asked.command)  # noqa: S606 - becoming the command is the point


def tie(death_signal: int) -> None:
    """Ask the kernel to send `death_signal` to this process when its parent dies."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


if __name__ == "__main__":
    main()
