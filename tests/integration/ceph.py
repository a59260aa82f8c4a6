"""Ceph for tests: a cluster of one node on loopback, with its S3 and its STS.

    with start_ceph() as ceph:
        owner = ceph.make_user("owner")
        ceph.client("s3", owner).create_bucket(Bucket="photos")

What is in it goes away with the block. It is Debian's: packages.txt names what to install.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import uuid4

from deploy.local.clouds.aws import Keys, make_client
from deploy.local.errors import LocalStackError
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Processes, Program

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
TEMPLATE = Path(__file__).with_name("ceph.conf")
STARTS = 3  # a port may be taken meanwhile, and an OSD may read the cluster's id too early
COMMAND_SECONDS = 60.0  # some commands wait for ever for a part that has ended
LAST_CHARACTERS = 2_000  # of what it says: a program that crashes says everything that it did
ENVIRONMENT = {"PATH": f"{os.defpath}:/usr/sbin:/sbin"}


@dataclass(frozen=True, slots=True)
class Ceph:
    """The running cluster.

    Its two gateways serve the same buckets. RGW with an STS says AccessDenied to whatever is wrong
    with a signature; the one that `endpoint` leads to has none, as RGW comes, and says what it is.
    """

    endpoint: str
    sts_endpoint: str
    config: Path

    def make_user(self, name: str, *, tenant: str = "", caps: str = "") -> Keys:
        """Make a user, in a tenant if one is named: tenants are to RGW what accounts are to AWS.

        `caps` are for what is beyond S3, like `roles=*`.
        """
        keys = Keys(f"AK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30))
        self.administer(
            *("user", "create", f"--uid={name}", f"--display-name={name}"),
            *(f"--access-key={keys.access_key_id}", f"--secret={keys.secret_access_key}"),
            *([f"--tenant={tenant}"] if tenant else []),
            *([f"--caps={caps}"] if caps else []),
        )
        return keys

    def administer(self, *command: str) -> Any:
        """Run a command of `radosgw-admin`, and return the JSON that it prints."""
        return json.loads(run(self.config, "radosgw-admin", *command))

    # botocore builds its clients at run time, so there is no type to name.
    def client(self, service: Literal["s3", "sts", "iam"], keys: Keys) -> Any:
        """Return a client of the SDK that acts with `keys`; those of role sessions need the STS."""
        needs_sts = service == "sts" or keys.session_token is not None
        return make_client(self.sts_endpoint if needs_sts else self.endpoint, service, keys)


@contextmanager
def start_ceph() -> Iterator[Ceph]:
    """Start an empty cluster.

    Raises:
        LocalStackError: Ceph is not installed, or does not start.
    """
    path = ENVIRONMENT["PATH"]
    missing = [each for each in PROGRAMS if shutil.which(each, path=path) is None]
    if missing:
        raise LocalStackError(
            f"Ceph is not installed ({', '.join(missing)}):"
            " tests/integration/packages.txt names the packages."
        )
    for left in reversed(range(STARTS)):
        with TemporaryDirectory(prefix="mooring-ceph-") as name, Processes(Path(name)) as processes:
            try:
                ceph = start_once(Path(name), processes)
            except LocalStackError:
                if not left:
                    raise
                continue
            yield ceph
            return


def start_once(directory: Path, processes: Processes) -> Ceph:
    """Make a cluster in the directory, and start its parts."""
    config = directory / "ceph.conf"
    fsid, osd_id = str(uuid4()), str(uuid4())
    ports = {name: free_port() for name in ("monitor_port", "s3_port", "sts_port")}
    config.write_text(
        TEMPLATE.read_text().format(
            directory=directory, fsid=fsid, sts_key=secrets.token_hex(8), **ports
        )
    )
    (directory / "keyring").touch()
    (directory / "osd").mkdir()
    address = f"[v1:{LOOPBACK}:{ports['monitor_port']}]"
    monmap = str(directory / "monmap")
    run(config, "monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, monmap)
    run(config, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
    start(config, processes, "ceph-mon", "-i", "a")
    known = f"osd new {osd_id}\nosd crush add osd.0 1.0 root=default\n"
    run(config, "ceph", "--connect-timeout", "20", told=known)
    run(config, "ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", osd_id)
    start(config, processes, "ceph-osd", "-i", "0")
    endpoints = {name: f"http://{LOOPBACK}:{ports[f'{name}_port']}" for name in ("s3", "sts")}
    for name, url in endpoints.items():
        start(config, processes, "radosgw", "-n", f"client.rgw.{name}", ready_url=f"{url}/")
        processes.await_ready()  # the first one makes the zone
    return Ceph(endpoints["s3"], endpoints["sts"], config)


def start(
    config: Path, processes: Processes, program: str, *options: str, ready_url: str | None = None
) -> None:
    """Start a part, which stays in the foreground and so in our hands."""
    processes.start(
        Program(
            name=f"{program}-{options[-1]}",
            command=(_found(program), "-f", "-c", str(config), *options),
            environment=ENVIRONMENT,
            ready_url=ready_url,
            stop_signal=signal.SIGKILL,  # nothing of it is kept, and a gateway takes 5 s to end
        )
    )


def run(config: Path, program: str, *options: str, told: str = "") -> str:
    """Run one of Ceph's commands, and return what it prints.

    Raises:
        LocalStackError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            [_found(program), *options],
            env={**ENVIRONMENT, "CEPH_CONF": str(config)},
            input=told,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise LocalStackError(f"{program} took longer than {COMMAND_SECONDS:.0f} s.") from error
    if done.returncode != 0:
        raise LocalStackError(f"{program} failed: {done.stderr.strip()[-LAST_CHARACTERS:]}")
    return done.stdout


def _found(program: str) -> str:
    return shutil.which(program, path=ENVIRONMENT["PATH"]) or program
