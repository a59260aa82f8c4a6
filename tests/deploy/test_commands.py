"""The commands: expected failures are a sentence and a code, never a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from deploy.local.settings import REPOSITORY

PORTS = ("CREDENTIALS", "INGEST", "PRESIGN", "POSTGRES", "CLOUD")  # a stack may run here


def run(command: str, data_dir: Path, **settings: str) -> tuple[int, str]:
    """Run a command of the local stack; return its code and what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOORING_")}
    ports = {f"MOORING_{name}_PORT": str(free_port()) for name in PORTS}
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.local", command],
        cwd=REPOSITORY,
        env={**kept, "MOORING_DATA_DIR": str(data_dir), "COLUMNS": "200", **ports, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def test_down_is_harmless_when_nothing_runs(tmp_path: Path) -> None:
    assert run("down", tmp_path) == (0, "Nothing runs.\n")


def test_status_says_that_nothing_runs_and_where_things_are(tmp_path: Path) -> None:
    code, said = run("status", tmp_path)
    assert code == 0
    assert said.startswith("Mooring does not run here.\n")
    assert said.endswith(f"Data, secrets and logs are in {tmp_path}.\n")


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_a_wrong_setting_is_told_by_its_name(command: str, tmp_path: Path) -> None:
    assert run(command, tmp_path, MOORING_CLOUD_PORT="0") == (
        1,
        "MOORING_CLOUD_PORT: Input should be greater than or equal to 1\n",
    )


def test_a_taken_port_stops_the_start_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        answer = run("up", tmp_path, MOORING_PRESIGN_PORT=port)
    assert answer == (
        1,
        f"Port {port} for the gateway is taken: set MOORING_PRESIGN_PORT to a free one.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["stack.lock"]
