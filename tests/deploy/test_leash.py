"""A leashed child does not outlive its parent."""

import os
import signal
import subprocess
import sys

import pytest

from deploy.local.leash import PARENT_IS_GONE, SystemUser, leashed
from tests.deploy.scripts import is_gone, running

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

NOBODY = SystemUser(uid=65534, gid=65534)
PARENT = """
import signal, subprocess, sys
from deploy.local.leash import SystemUser, leashed
user = SystemUser(65534, 65534) if sys.argv[1] == "other" else None
child = subprocess.Popen(leashed(["sleep", "600"], on_our_death=signal.SIGTERM, user=user))
print(child.pid, flush=True)
child.wait()
"""


@linux
@pytest.mark.parametrize("user", ["same", pytest.param("other", marks=as_root)])
def test_a_child_ends_when_its_parent_is_killed(user: str) -> None:
    with running(PARENT, user) as parent:
        child = parent.read_process()
        parent.kill()
        assert is_gone(child)


@linux
def test_a_child_whose_parent_died_before_it_was_leashed_does_not_start() -> None:
    command = leashed(["true"], on_our_death=signal.SIGTERM)
    command[command.index("--parent") + 1] = "1"
    assert subprocess.run(command, check=False).returncode == PARENT_IS_GONE


@as_root
def test_a_child_runs_as_the_user_that_is_asked_for() -> None:
    command = leashed(["id", "-u"], on_our_death=signal.SIGTERM, user=NOBODY)
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "65534\n"


def test_a_child_gets_its_words_as_they_are() -> None:
    words = ["--signal", "a b", "", "-c"]
    command = leashed(["printf", "%s\\n", *words], on_our_death=signal.SIGTERM)
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == words
