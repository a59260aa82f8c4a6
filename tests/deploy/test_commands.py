"""The commands: expected failures are a sentence and a code, never a traceback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.lock import hold_lock
from deploy.local.ports import free_port
from deploy.local.settings import REPOSITORY
from deploy.local.stack import ALREADY_RUNS, LOCK

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


def test_status_says_which_clouds_stand_in_while_a_stack_runs(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    noted = json.dumps({"Google Cloud Storage": "http://127.0.0.1:4443"})
    (tmp_path / "run" / "clouds.json").write_text(noted)
    with hold_lock(tmp_path / LOCK, refusal=ALREADY_RUNS):
        _, said = run("status", tmp_path)
    (row,) = [line for line in said.splitlines() if "Google" in line]
    assert row.strip("│ ").split() == [
        *("Google", "Cloud", "Storage", "│", "http://127.0.0.1:4443", "│", "stands", "in"),
    ]
    _, said = run("status", tmp_path)
    assert "Google" not in said


def test_a_demo_without_a_cloud_is_refused_before_anything_starts(tmp_path: Path) -> None:
    assert run("demo", tmp_path, MOORING_DEMO="off") == (
        1,
        "The demo needs a cloud: unset MOORING_DEMO.\n",
    )
    assert [*tmp_path.iterdir()] == []


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
