"""The stack as `make up` starts it: it runs, it stops, and killing it leaves nothing."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.local.lock import find_holder
from deploy.local.ports import free_port, is_free
from deploy.local.process_ids import ProcessIdentity
from deploy.local.settings import REPOSITORY
from tests.deploy.scripts import is_gone

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")

CHILDREN = ("vault", "ingest", "gateway", "worker")
READY = "Ctrl-C, or `make down` elsewhere, stops all of it."


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """An environment for a stack of its own: data directory and ports; the demo takes long."""
    data_dir = Path(tempfile.mkdtemp(prefix="mooring-test-"))
    data_dir.chmod(0o711)
    names = ("CREDENTIALS", "INGEST", "PRESIGN", "POSTGRES", "CLOUD")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOORING_")}
    ports = {f"MOORING_{name}_PORT": str(free_port()) for name in names}
    ours = {"MOORING_DATA_DIR": str(data_dir), "MOORING_DEMO": "off", "PYTHONUNBUFFERED": "1"}
    yield {**kept, **ports, **ours}
    shutil.rmtree(data_dir)


@contextmanager
def up(
    environment: dict[str, str], *, through: tuple[str, ...] = ()
) -> Iterator["subprocess.Popen[str]"]:
    """Run `up`, perhaps `through` another command, until it says that it stays."""
    command = [*through, sys.executable, "-m", "deploy.local", "up"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.strip() == READY:
                break
        try:
            assert process.poll() is None, "".join(said)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def children(environment: dict[str, str]) -> list[ProcessIdentity]:
    data_dir = Path(environment["MOORING_DATA_DIR"])
    found = [ProcessIdentity.read(data_dir / "run" / f"{name}.pid") for name in CHILDREN]
    found.append(find_postgres(data_dir))
    return [one for one in found if one is not None]


def find_postgres(data_dir: Path) -> ProcessIdentity:
    record = data_dir / "postgres" / "cluster" / "postmaster.pid"
    return ProcessIdentity.of(int(record.read_text().splitlines()[0]))


def ports(environment: dict[str, str]) -> list[int]:
    return [int(value) for name, value in environment.items() if name.endswith("_PORT")]


@linux
def test_a_killed_stack_leaves_nothing_running_and_starts_again(
    environment: dict[str, str],
) -> None:
    with up(environment) as stack:
        started = children(environment)
        assert len(started) == len(CHILDREN) + 1
        stack.kill()
    assert [one for one in started if not is_gone(one)] == []
    assert all(is_free(port) for port in ports(environment))
    with up(environment):
        assert [one.is_alive() for one in children(environment)] == [True] * 5


def test_a_stopped_stack_stops_everything_and_says_so(environment: dict[str, str]) -> None:
    with up(environment) as stack:
        started = children(environment)
        vault = f"http://127.0.0.1:{environment['MOORING_CREDENTIALS_PORT']}"
        assert httpx.get(f"{vault}/readyz").status_code == 200
        stack.send_signal(signal.SIGINT)
        assert stack.stdout is not None
        assert (stack.stdout.read(), stack.wait()) == ("Stopped.\n", 0)
    assert [one for one in started if one.is_alive()] == []


def test_a_stack_in_the_background_of_a_script_can_be_interrupted(
    environment: dict[str, str],
) -> None:
    ignoring = ("sh", "-c", 'trap "" INT; exec "$0" "$@"')
    with up(environment, through=ignoring) as stack:
        vault = f"http://127.0.0.1:{environment['MOORING_CREDENTIALS_PORT']}"
        assert httpx.get(f"{vault}/readyz").status_code == 200
        stack.send_signal(signal.SIGINT)
        assert stack.stdout is not None
        assert (stack.stdout.read(), stack.wait(timeout=60)) == ("Stopped.\n", 0)


def test_down_stops_a_stack_from_another_terminal(environment: dict[str, str]) -> None:
    with up(environment) as stack:
        command = [sys.executable, "-m", "deploy.local", "down"]
        ran = subprocess.run(command, cwd=REPOSITORY, env=environment, check=True)
        assert (ran.returncode, stack.wait()) == (0, 0)
    assert find_holder(Path(environment["MOORING_DATA_DIR"]) / "stack.lock") is None


def test_a_second_start_is_refused_with_where_the_first_one_is(
    environment: dict[str, str],
) -> None:
    with up(environment) as stack:
        command = [sys.executable, "-m", "deploy.local", "up"]
        ran = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        told = " ".join(ran.stdout.split())
        assert told == (
            f"Mooring already runs here, as process {stack.pid}: `make status` says where, "
            "`make down` stops it."
        )
        assert ran.returncode == 1
        assert stack.poll() is None


def test_a_service_that_dies_ends_the_stack_with_the_reason(environment: dict[str, str]) -> None:
    with up(environment) as stack:
        gateway = ProcessIdentity.read(
            Path(environment["MOORING_DATA_DIR"]) / "run" / "gateway.pid"
        )
        assert gateway is not None
        os.kill(gateway.pid, signal.SIGKILL)
        assert stack.stdout is not None
        said = stack.stdout.read()
        assert said.startswith("The gateway stopped (signal SIGKILL). ")
        assert stack.wait() == 1
