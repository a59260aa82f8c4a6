"""Directories that we make: ours alone, passable only where another user's files lie within."""

import os
from pathlib import Path


def make_directory(directory: Path, *, private: bool = True) -> Path:
    """Make what is missing of `directory` and return it; what exists keeps its mode.

    `private=False` lets other users pass through when we are root, who runs PostgreSQL as one of
    them; they cannot list what is there.
    """
    mode = 0o711 if os.geteuid() == 0 and not private else 0o700
    for missing in reversed([directory, *directory.parents]):
        if not missing.exists():
            missing.mkdir(exist_ok=True)
            missing.chmod(mode)  # mkdir's own mode is cut by the umask
    return directory
