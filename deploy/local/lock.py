"""A lock on a file that the kernel drops when its holder dies, and that says who holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import LocalStackError
from deploy.local.process_ids import ProcessIdentity


@contextmanager
def hold_lock(file: Path, *, refusal: str) -> Iterator[None]:
    """Hold the lock; raise `refusal`, with `{pid}` filled in, while another process does."""
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalStackError(refusal.replace("{pid}", holder_pid(file))) from error
        ProcessIdentity.ours().write(file)
        try:
            yield
        finally:
            lock.truncate(0)


def find_holder(file: Path) -> ProcessIdentity | None:
    """Return the living process that holds the lock."""
    holder = ProcessIdentity.read(file)
    return holder if holder is not None and holder.is_alive() else None


def holder_pid(file: Path) -> str:
    holder = find_holder(file)
    return str(holder.pid) if holder else "unknown"
