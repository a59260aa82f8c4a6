"""Recorded processes are told from others that get their number."""

import signal
import subprocess
from pathlib import Path

from deploy.local.process_ids import ProcessIdentity


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    ours = ProcessIdentity.ours()
    ours.write(tmp_path / "record")
    assert ProcessIdentity.read(tmp_path / "record") == ours
    assert ours.is_alive()


def test_no_record_and_half_a_record_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert ProcessIdentity.read(tmp_path / "empty") is None
    assert ProcessIdentity.read(tmp_path / "absent") is None


def test_a_process_that_has_our_number_but_started_at_another_time_is_not_ours() -> None:
    ours = ProcessIdentity.ours()
    assert not ProcessIdentity(ours.pid, "another boot/1").is_alive()


def test_a_process_that_ended_and_was_not_reaped_is_not_alive() -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        identity = ProcessIdentity.of(process.pid)
        identity.stop([(signal.SIGKILL, 10.0)])
        assert not identity.is_alive()


def test_a_process_that_ignores_the_first_signal_gets_the_next() -> None:
    stubborn = ["sh", "-c", "trap '' TERM; echo ready; while :; do read _; done"]
    with subprocess.Popen(
        stubborn, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        identity = ProcessIdentity.of(process.pid)
        identity.stop([(signal.SIGTERM, 0.1), (signal.SIGKILL, 10.0)])
        assert process.wait() == -signal.SIGKILL
