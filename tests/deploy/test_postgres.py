"""The embedded server: it starts anywhere, keeps its data, and never outlives its parent."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.errors import LocalStackError
from deploy.local.leash import SystemUser
from deploy.local.postgres import await_ready, spawn, start_postgres, temporary_postgres
from deploy.local.postgres_home import find_home, reachable_place
from deploy.local.process_ids import ProcessIdentity
from tests.deploy.scripts import is_gone, running

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root does")

NOBODY = SystemUser(uid=65534, gid=65534)
SERVE = """
import signal
import sys
from pathlib import Path
from deploy.local.postgres import start_postgres
with start_postgres(Path(sys.argv[1]), durable=False) as postgres:
    print(postgres.pid, flush=True)
    print(postgres.superuser_url(), flush=True)
    signal.pause()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every user may pass through, unlike pytest's."""
    made = Path(tempfile.mkdtemp(prefix="mooring-test-"))
    made.chmod(0o711)
    yield made / "postgres"
    shutil.rmtree(made)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_server_is_postgres_18_with_a_database_that_its_owner_owns() -> None:
    with temporary_postgres() as postgres:
        assert query(postgres.owner_url(), "SHOW server_version")[0] == ("18.4",)
        owner = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'mooring'"
        assert query(postgres.superuser_url(), owner) == [("mooring", "mooring_owner")]


def test_the_services_role_is_in_its_group_and_can_bypass_nothing() -> None:
    roles = """
        SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole
        FROM pg_roles WHERE rolname LIKE 'mooring%' ORDER BY rolname
    """
    member = "SELECT pg_has_role('mooring_app', 'mooring_service', 'USAGE')"
    with temporary_postgres() as postgres:
        assert query(postgres.superuser_url(), roles) == [
            ("mooring_app", True, False, False, False),
            ("mooring_owner", True, False, False, False),
            ("mooring_service", False, False, False, False),
        ]
        assert query(postgres.app_url(), member) == [(True,)]


def test_nobody_logs_in_without_the_password() -> None:
    with temporary_postgres() as postgres:
        url = f"postgresql://postgres:wrong@127.0.0.1:{postgres.port}/postgres"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(url, "SELECT 1")


def test_passwords_are_kept_from_other_users_and_from_what_is_printed(directory: Path) -> None:
    with start_postgres(directory, durable=False) as postgres:
        kept = directory / "passwords.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        secrets = postgres.passwords.values()
        assert not [one for one in secrets if one in repr(postgres)]


def test_data_survive_a_restart(directory: Path) -> None:
    with start_postgres(directory, durable=False) as postgres:
        query(postgres.owner_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    with start_postgres(directory, durable=False) as postgres:
        assert query(postgres.owner_url(), "SELECT answer FROM kept") == [(42,)]


def test_the_end_of_the_block_ends_the_server(directory: Path) -> None:
    with start_postgres(directory, durable=False) as postgres:
        server = ProcessIdentity.of(postgres.pid)
        assert server.is_alive()
    assert not server.is_alive()


def test_a_taken_port_is_an_error_that_names_the_setting(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(LocalStackError) as refused,
            start_postgres(directory, port=port, durable=False),
        ):
            pass
    assert str(refused.value) == (
        f"Port {port} for PostgreSQL is taken: set MOORING_POSTGRES_PORT to a free one."
    )


def test_a_second_start_in_the_same_directory_is_refused(directory: Path) -> None:
    with (
        start_postgres(directory, durable=False),
        pytest.raises(LocalStackError) as refused,
        start_postgres(directory, durable=False),
    ):
        pass
    assert str(refused.value) == (
        f"The database in {directory} is already served by process {os.getpid()}: stop it with "
        "`make down`, or set MOORING_DATA_DIR to another directory."
    )


@linux
def test_a_killed_parent_leaves_no_server_and_the_data(directory: Path) -> None:
    with running(SERVE, str(directory)) as parent:
        server = parent.read_process()
        query(parent.read_line(), "CREATE TABLE kept AS SELECT 42 AS answer")
        parent.kill()
    with start_postgres(directory, durable=False) as postgres:  # at once, while it still stops
        assert query(postgres.superuser_url(), "SELECT answer FROM kept") == [(42,)]
        assert not server.is_alive()


def test_a_killed_server_is_recovered_by_the_next_start(directory: Path) -> None:
    with start_postgres(directory) as postgres:
        query(postgres.owner_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postgres.pid, signal.SIGKILL)
    assert (directory / "cluster" / "postmaster.pid").exists()
    with start_postgres(directory) as postgres:
        assert query(postgres.owner_url(), "SELECT answer FROM kept") == [(42,)]


def test_a_server_that_was_left_running_is_stopped_by_the_next_start(directory: Path) -> None:
    with start_postgres(directory, durable=False) as postgres:
        port = postgres.port
    home = find_home(directory)
    leftover = spawn(directory / "left.log", home, port=port, durable=False)
    assert await_ready(leftover, home.cluster)
    identity = ProcessIdentity.of(leftover.pid)
    try:
        with start_postgres(directory, durable=False):
            assert is_gone(identity)
    finally:
        leftover.kill()
        leftover.wait()


def test_a_record_of_a_number_that_another_process_has_now_is_not_believed(
    directory: Path,
) -> None:
    with start_postgres(directory, durable=False):
        pass
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        (directory / "cluster" / "postmaster.pid").write_text(f"{other.pid}\n{directory}\n")
        with start_postgres(directory, durable=False) as postgres:
            assert query(postgres.owner_url(), "SELECT 1") == [(1,)]
        assert other.poll() is None
        other.kill()


def test_half_a_cluster_is_made_again(directory: Path) -> None:
    (directory / "cluster.new" / "base").mkdir(parents=True)
    if os.geteuid() == 0:
        directory.chmod(0o711)
    with start_postgres(directory, durable=False) as postgres:
        assert query(postgres.owner_url(), "SELECT 1") == [(1,)]
    assert not (directory / "cluster.new").exists()


def test_lost_passwords_are_told_and_not_replaced(directory: Path) -> None:
    with start_postgres(directory, durable=False):
        pass
    (directory / "passwords.json").unlink()
    with (
        pytest.raises(LocalStackError, match="bring the file back"),
        start_postgres(directory, durable=False),
    ):
        pass


@as_root
def test_roots_server_runs_as_another_user(directory: Path) -> None:
    with start_postgres(directory, durable=False) as postgres:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid == NOBODY.uid


@as_root
def test_a_directory_that_the_servers_user_cannot_enter_is_left_for_another(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    directory = tmp_path / "postgres"
    directory.mkdir(mode=0o711)
    place = reachable_place(directory, NOBODY)
    try:
        assert place.parent == Path("/var/lib/mooring")
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        with start_postgres(directory, durable=False) as postgres:
            assert query(postgres.owner_url(), "SELECT 1") == [(1,)]
        assert (place / "cluster").exists()
    finally:
        shutil.rmtree(place)


@as_root
def test_an_unknown_user_to_run_as_is_an_error_that_names_the_setting(directory: Path) -> None:
    with (
        pytest.raises(LocalStackError, match="MOORING_POSTGRES_USER"),
        start_postgres(directory, run_as="no-such-user"),
    ):
        pass


@as_root
@linux
def test_an_ordinary_user_runs_everything_as_itself(directory: Path) -> None:
    directory.mkdir()
    os.chown(directory, NOBODY.uid, NOBODY.gid)
    # The checkout and Python may be where that user cannot read: one capability helps it there.
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    become += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    with running(SERVE, str(directory), before=become) as script:
        server = script.read_process()
        assert query(script.read_line(), "SELECT 1") == [(1,)]
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY.uid
        script.kill()
        assert is_gone(server)
