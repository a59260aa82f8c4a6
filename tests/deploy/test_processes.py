"""Children are watched, their end is told, and none is left behind."""

import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.errors import LocalStackError
from deploy.local.ports import free_port
from deploy.local.process_ids import ProcessIdentity
from deploy.local.processes import STOP_SECONDS, Processes, Program
from tests.deploy.scripts import is_gone, running

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")

SLEEPER = ("/bin/sleep", "600")
PARENT = """
import signal, sys
from pathlib import Path
from deploy.local.processes import STOP_SECONDS, Processes, Program
with Processes(Path(sys.argv[1])) as processes:
    for number in range(2):
        processes.start(Program(f"sleeper-{number}", ("/bin/sleep", "600"), {}))
        print((Path(sys.argv[1]) / "run" / f"sleeper-{number}.pid").read_text().split()[0])
    sys.stdout.flush()
    signal.pause()
"""


def python(code: str, name: str = "child", ready_url: str | None = None) -> Program:
    return Program(name, (sys.executable, "-c", code), {}, ready_url=ready_url)


def recorded(data_dir: Path, name: str) -> ProcessIdentity:
    process = ProcessIdentity.read(data_dir / "run" / f"{name}.pid")
    assert process is not None
    return process


def test_the_end_of_the_block_ends_every_child(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start(Program("one", SLEEPER, {}))
        processes.start(Program("two", SLEEPER, {}))
        children = [recorded(tmp_path, name) for name in ("one", "two")]
        assert [child.is_alive() for child in children] == [True, True]
    assert [child.is_alive() for child in children] == [False, False]
    assert not list((tmp_path / "run").iterdir())


def test_a_child_that_ends_early_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "import sys; print('the last word'); sys.exit(7)"
    with Processes(tmp_path) as processes:
        processes.start(python(code, ready_url=f"http://127.0.0.1:{free_port()}/readyz"))
        with pytest.raises(LocalStackError) as told:
            processes.await_ready()
    log = tmp_path / "logs" / "child.log"
    assert str(told.value) == (f"The child stopped (exit code 7). The end of {log}:\nthe last word")


def test_a_child_that_ends_while_another_is_waited_for_is_told_at_once(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start(python("import sys; sys.exit(7)", name="needed"))
        waits = f"http://127.0.0.1:{free_port()}/readyz"
        processes.start(Program("waiting", SLEEPER, {}, ready_url=waits))
        with pytest.raises(LocalStackError, match=r"The needed stopped \(exit code 7\)"):
            processes.await_ready()


def test_a_child_is_stopped_by_the_signal_that_it_names(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    with Processes(tmp_path) as processes:
        program = replace(python(deaf), stop_signal=signal.SIGKILL)
        processes.start(program)
        began = time.monotonic()
    assert time.monotonic() - began < STOP_SECONDS


def test_a_child_that_is_killed_is_told_by_its_signal(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start(Program("child", SLEEPER, {}))
        recorded(tmp_path, "child").stop([(signal.SIGKILL, 10.0)])
        with pytest.raises(LocalStackError, match=r"The child stopped \(signal SIGKILL\)"):
            processes.check()


def test_a_child_is_ready_when_its_url_answers_200(tmp_path: Path) -> None:
    port = free_port()
    code = f"""
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Answer.asked += 1
        self.send_response(200 if Answer.asked > 2 else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Answer).serve_forever()
"""
    with Processes(tmp_path) as processes:
        processes.start(python(code, ready_url=f"http://127.0.0.1:{port}/readyz"))
        processes.await_ready()
        log = (tmp_path / "logs" / "child.log").read_text()
    assert log.count("GET /readyz") == 3


def test_a_child_gets_its_environment_and_no_more(tmp_path: Path) -> None:
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    with Processes(tmp_path) as processes:
        processes.start(Program("child", (sys.executable, "-c", code), {"MOORING_X": "secret"}))
        assert is_gone(recorded(tmp_path, "child"))
    assert (tmp_path / "logs" / "child.log").read_text() == "['MOORING_X']\n"


def test_the_log_of_the_start_before_is_kept(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with Processes(tmp_path) as processes:
            processes.start(python(f"print({word!r})"))
            assert is_gone(recorded(tmp_path, "child"))
    logs = [(tmp_path / "logs" / name).read_text() for name in ("child.log.1", "child.log")]
    assert logs == ["first\n", "second\n"]


def test_a_child_that_an_earlier_start_left_running_is_stopped(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPER) as leftover, Processes(tmp_path) as processes:
        identity = ProcessIdentity.of(leftover.pid)
        identity.write(tmp_path / "run" / "child.pid")
        processes.start(Program("child", SLEEPER, {}))
        assert not identity.is_alive()
        assert recorded(tmp_path, "child") != identity


@linux
def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    with running(PARENT, str(tmp_path)) as parent:
        children = [parent.read_process(), parent.read_process()]
        parent.kill()
        assert [is_gone(child) for child in children] == [True, True]


def test_a_free_port_is_one_that_can_be_had() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 0
