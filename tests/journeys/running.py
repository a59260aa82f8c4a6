"""What runs during the journeys: the local stack, with parts that can be stopped and started."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from deploy.local.clouds.azure import AzureCloud
from deploy.local.clouds.google import GoogleCloud
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.processes import Child
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack, start_stack
from shared.uris import Provider
from tests.emulators import bucket_faults, sts_limits

# Pauses that are right for people and for many machines are long for tests. Locations are looked at
# when a test makes them due, and not in the midst of another one.
QUICK = {
    "MOORING_HEALTH_QUICK_EVERY": "P7D",
    "MOORING_HEALTH_FULL_EVERY": "P7D",
    "MOORING_PROGRESS_INTERVAL": "PT0.05S",
    "MOORING_WORKER_HEARTBEAT": "PT0.3S",
    "MOORING_WORKER_SILENCE": "PT1.5S",
    "MOORING_WORKER_PATIENCE": "PT0.02S",
    "MOORING_LOG_LEVEL": "debug",
    "MOORING_LOG_FORMAT": "json",
}
PATIENCE_SECONDS = 30.0
LAYERS = (f"{sts_limits.__file__}:StsLimits", f"{bucket_faults.__file__}:BucketFaults")


class DatabaseServer:
    """A PostgreSQL server whose data and addresses outlast its process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._port = free_port()
        self._running = ExitStack()

    def start(self) -> Postgres:
        server = start_postgres(self.directory, port=self._port, durable=False)
        self.postgres = self._running.enter_context(server)
        return self.postgres

    def stop(self) -> None:
        self._running.close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop it for the time of the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()


@dataclass(frozen=True, slots=True)
class Running:
    """The stack and what stands beside it."""

    stack: Stack
    cloud: AwsCloud
    google: GoogleCloud
    azure: AzureCloud
    database: DatabaseServer

    @property
    def logs(self) -> str:
        """What every process has written so far."""
        files = [*self.stack.data_dir.glob("logs/*"), self.database.directory / "server.log"]
        return "\n".join(file.read_text(errors="replace") for file in files)

    @contextmanager
    def fault(self, bucket: str, kind: str) -> Iterator[None]:
        """Let a bucket fail for the time of the block (see tests/emulators/bucket_faults.py)."""
        self._order("PUT", f"{bucket}/{kind}")
        try:
            yield
        finally:
            self._order("DELETE", bucket)

    def await_held(self, bucket: str) -> None:
        """Wait until a request is held by the fault `hold`."""
        self._order("GET", bucket)

    def await_log(self, name: str, text: str) -> None:
        """Wait until a process has written this."""
        log = self._child(name).log
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in log.read_text(errors="replace"):
            assert time.monotonic() < deadline, f"The {name} does not say: {text}"
            time.sleep(0.02)

    def _order(self, method: str, what: str) -> None:
        url = f"{self.cloud.endpoint}/_faults/{what}"
        httpx.request(method, url, timeout=PATIENCE_SECONDS, trust_env=False).raise_for_status()

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        """Kill a process for the time of the block, and start it again."""
        processes = self.stack.processes
        child = self._child(name)
        child.process.kill()
        child.process.wait()
        processes._children.remove(child)  # it is not the stack's fault that it ended
        try:
            yield
        finally:
            processes.start(child.program)
            processes.await_ready()

    @contextmanager
    def asleep(self, name: str) -> Iterator[None]:
        """Keep a process from doing anything for the time of the block."""
        process = self._child(name).process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def _child(self, name: str) -> Child:
        return next(one for one in self.stack.processes._children if one.program.name == name)


@contextmanager
def run_stack() -> Iterator[Running]:
    """Start everything; what is in it goes away with the block."""
    with ExitStack() as parts:
        name = parts.enter_context(tempfile.TemporaryDirectory(prefix="mooring-journeys-"))
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL of root runs as another user, who must get through
        environment = parts.enter_context(pytest.MonkeyPatch.context())
        for variable in os.environ:
            if variable.startswith("MOORING_"):
                environment.delenv(variable)
        for variable, value in QUICK.items():
            environment.setenv(variable, value)
        database = DatabaseServer(directory / "postgres")
        parts.callback(database.stop)
        settings = settings_of(directory / "stack", database.start())
        stack = parts.enter_context(start_stack(settings, say=print, aws_layers=LAYERS))
        clouds = stack.clouds
        assert clouds.aws is not None
        assert clouds.google is not None
        assert clouds.azure is not None
        yield Running(stack, clouds.aws, clouds.google, clouds.azure, database)


def settings_of(
    data_dir: Path, postgres: Postgres, *, demo: Sequence[Provider] = tuple(Provider)
) -> LocalSettings:
    return LocalSettings(
        data_dir=data_dir,
        demo=tuple(demo),
        database_url=SecretStr(postgres.app_url()),
        owner_database_url=SecretStr(postgres.owner_url()),
        credentials_port=free_port(),
        ingest_port=free_port(),
        presign_port=free_port(),
        cloud_port=free_port(),
    )
