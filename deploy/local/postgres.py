"""The embedded PostgreSQL 18: a child process of ours, on loopback, that never outlives us.

    with start_postgres(Path(".mooring/postgres"), port=8432) as postgres:
        postgres.owner_url()

The data survive; the server does not: it stops with the `with` block, and when we are killed with
SIGKILL the kernel interrupts it (see leash.py). Where the kernel cannot, and in the moment until
it has stopped, the next start finds the recorded process, checks that it is the one that serves
this very directory, and stops it first. A lock that dies with its holder keeps two starts apart.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.directories import make_directory
from deploy.local.errors import LocalStackError
from deploy.local.leash import leashed
from deploy.local.lock import hold_lock
from deploy.local.ports import LOOPBACK, free_port, is_free, require_free
from deploy.local.postgres_home import PostgresHome, find_home
from deploy.local.process_ids import ProcessIdentity, command_line
from deploy.local.processes import last_lines
from deploy.local.roles import APP, DATABASE, OWNER, SUPERUSER, provision
from deploy.local.secret_files import write_secret

START_SECONDS = 60.0  # recovery after a crash replays at most a few minutes of log
STOP_SECONDS = 30.0  # a fast shutdown writes one checkpoint
PORT_SETTING = "MOORING_POSTGRES_PORT"
IN_USE = (
    "The database in {directory} is already served by process {pid}: stop it with `make down`, "
    "or set MOORING_DATA_DIR to another directory."
)
FREE_PORT_TRIES = 5  # somebody may take a free port before the server does

# For throw-away servers: what a power cut would lose is thrown away anyway.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server and how to log in to it."""

    host: str
    port: int
    pid: int
    passwords: dict[str, str] = field(repr=False)

    def superuser_url(self, database: str = "postgres") -> str:
        return self.url(SUPERUSER, database)

    def owner_url(self, database: str = DATABASE) -> str:
        """Log in as the role that owns the schema: migrations, and nothing else."""
        return self.url(OWNER, database)

    def app_url(self, database: str = DATABASE) -> str:
        """Log in as the role of the services: owns nothing, subject to row-level security."""
        return self.url(APP, database)

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@{self.host}:{self.port}/{database}"


@contextmanager
def start_postgres(
    directory: Path, *, port: int = 0, durable: bool = True, run_as: str = "nobody"
) -> Iterator[Postgres]:
    """Start the server of `directory`, provisioned; stop it at the end of the block.

    Port 0 takes a free one. `durable=False` trades the safety of the data for speed. Call it from
    a thread that lives as long as the server should.

    Raises:
        LocalStackError: the port is taken, another process serves the directory, the server fails.
    """
    directory = directory.absolute()
    make_directory(directory, private=False)
    home = find_home(directory, run_as=run_as)
    with hold_lock(directory / "lock", refusal=IN_USE.replace("{directory}", str(directory))):
        stop_leftover(home.cluster)
        passwords = keep_passwords(directory / "passwords.json", home.cluster)
        if not home.cluster.exists():
            make_cluster(home, passwords[SUPERUSER], durable=durable)
        server, chosen_port = launch(directory, home, port=port, durable=durable)
        try:
            postgres = Postgres(LOOPBACK, chosen_port, server.pid, passwords)
            provision(postgres.superuser_url(), passwords)
            yield postgres
        finally:
            stop(server)


@contextmanager
def temporary_postgres() -> Iterator[Postgres]:
    """Start a throw-away server on a free port, in a directory that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mooring-postgres-") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            directory.chmod(0o711)  # the server's user must get through to its files
        with start_postgres(directory, durable=False) as postgres:
            yield postgres


def keep_passwords(file: Path, cluster: Path) -> dict[str, str]:
    """Return the passwords by role, generating them with the cluster that they are for."""
    if file.exists():
        kept: dict[str, str] = json.loads(file.read_text())
        return kept
    if cluster.exists():
        raise LocalStackError(
            f"The database in {cluster} is there but its passwords in {file} are not: "
            "bring the file back, or remove both to start afresh."
        )
    made = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
    write_secret(file, json.dumps(made))
    return made


def make_cluster(home: PostgresHome, password: str, *, durable: bool) -> None:
    """Make the data directory beside its final name, so that half a one is never taken for one."""
    unfinished = home.cluster.with_name("cluster.new")
    password_file = home.cluster.with_name("password.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    write_secret(password_file, password)
    if home.user is not None:
        for path in (unfinished, password_file):
            os.chown(path, home.user.uid, home.user.gid)
    command = [str(home.programs / "initdb"), "-D", str(unfinished)]
    command += ["-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8"]
    # The builtin locale orders text the same on every platform, whatever locales are installed.
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--no-instructions", *([] if durable else ["--no-sync"])]
    try:
        made = subprocess.run(
            leashed(command, on_our_death=signal.SIGKILL, user=home.user),
            cwd=home.cluster.parent,
            env=server_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        password_file.unlink()
    if made.returncode != 0:
        raise LocalStackError(f"PostgreSQL's initdb failed:\n{made.stdout}{made.stderr}".strip())
    unfinished.rename(home.cluster)


def launch(
    directory: Path, home: PostgresHome, *, port: int, durable: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on `port`, or on a free one for 0, and wait until it accepts."""
    for _ in range(FREE_PORT_TRIES):
        chosen = port or free_port()
        require_free(chosen, what="PostgreSQL", setting=PORT_SETTING)
        server = spawn(directory / "server.log", home, port=chosen, durable=durable)
        try:
            if await_ready(server, home.cluster):
                return server, chosen
        except BaseException:
            stop(server)
            raise
        if is_free(chosen):
            raise LocalStackError(
                f"PostgreSQL stopped while it started:\n{last_lines(directory / 'server.log')}"
            )
    raise LocalStackError(f"PostgreSQL found no free port in {FREE_PORT_TRIES} tries.")


def spawn(log: Path, home: PostgresHome, *, port: int, durable: bool) -> subprocess.Popen[bytes]:
    settings = [f"listen_addresses={LOOPBACK}", f"port={port}", "unix_socket_directories="]
    settings += ["timezone=UTC", "log_timezone=UTC", "max_connections=200"]
    settings += [] if durable else NOT_DURABLE
    command = [str(home.programs / "postgres"), "-D", str(home.cluster)]
    for setting in settings:
        command += ["-c", setting]
    with log.open("wb") as sink:
        return subprocess.Popen(
            leashed(
                command,
                on_our_death=signal.SIGINT,  # a fast shutdown: clients are cut, data are flushed
                user=home.user,
            ),
            cwd=home.cluster,
            env=server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C reaches us alone: we stop things in their order
        )


def await_ready(server: subprocess.Popen[bytes], cluster: Path) -> bool:
    """Wait until the server says that it accepts connections; False when it stopped instead."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None:
        lines = read_pid_file(cluster)
        if lines[:1] == [str(server.pid)] and lines[-1].strip() == "ready":
            return True
        if time.monotonic() > deadline:
            raise LocalStackError(f"PostgreSQL did not become ready in {START_SECONDS:.0f} s.")
        time.sleep(0.01)
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """Shut down fast, and at once when that takes too long (the next start replays the log)."""
    for last_word, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0)):
        server.send_signal(last_word)
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
    server.kill()
    server.wait()


def stop_leftover(cluster: Path) -> None:
    """Stop the server of a dead parent; the lock, which we hold, says that it is dead.

    The process is the recorded one and its command line names this very data directory. A record
    whose process is another one, the number having been used again, is removed: the server
    itself would take that process for a server and refuse to start.
    """
    lines = read_pid_file(cluster)
    if not lines:
        return
    server = ProcessIdentity.of(int(lines[0]))
    if not server.is_alive():
        return
    if str(cluster) not in command_line(server.pid):
        (cluster / "postmaster.pid").unlink()
        return
    server.stop([(signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)])


def read_pid_file(cluster: Path) -> list[str]:
    """Return the lines of postmaster.pid: process, directory, start, port, …, status."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def server_environment() -> dict[str, str]:
    """Return an environment without PG* variables, which would change what the server does."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
