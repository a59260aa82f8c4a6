"""The whole stack on one machine: database, clouds of the demo, three services, one worker.

with start_stack(LocalSettings.read(), say=print) as stack:
stack.check()
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from deploy.local.clouds.addresses import note_addresses
from deploy.local.clouds.started import Clouds, start_clouds
from deploy.local.database import migrate, start_database
from deploy.local.directories import make_directory
from deploy.local.local_secrets import LocalSecrets
from deploy.local.lock import hold_lock
from deploy.local.processes import Processes
from deploy.local.services import endpoints, programs, require_ports
from deploy.local.settings import LocalSettings

LOCK = "stack.lock"
ALREADY_RUNS = (
    "Mooring already runs here, as process {pid}: `make status` says where, `make down` stops it."
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stack:
    """The running stack: what the demo drives and what `up` tells about."""

    credentials_url: str
    ingest_url: str
    presign_url: str
    admin_key: SecretStr
    data_dir: Path
    clouds: Clouds
    processes: Processes = field(repr=False)

    def check(self) -> None:
        """Raise LocalStackError when a process of it has ended by itself."""
        self.processes.check()
        for cloud in self.clouds:
            cloud.check()


@contextmanager
def start_stack(
    settings: LocalSettings, *, say: Say, aws_layers: Sequence[str] = ()
) -> Iterator[Stack]:
    """Start everything, telling of each step; stop everything at the end of the block.

    `aws_layers` stand in front of the demo's AWS (see clouds/aws.py).

    Raises:
        LocalStackError: something cannot be had; what had been started is stopped again.
    """
    # PostgreSQL of root runs as another user, who must get through to its files.
    make_directory(settings.data_dir, private=False)
    with ExitStack() as parts:
        parts.enter_context(hold_lock(settings.data_dir / LOCK, refusal=ALREADY_RUNS))
        require_ports(settings)
        secrets = LocalSecrets.keep(settings.data_dir)
        started = time.monotonic()

        def done(what: str) -> None:
            say(f"{time.monotonic() - started:5.1f} s  {what}")

        urls = parts.enter_context(start_database(settings))
        done(urls.place)
        migrate(urls)
        done("schema up to date" if urls.owner else "schema as it is")
        clouds = parts.enter_context(start_clouds(settings, layers=aws_layers))
        note_addresses(settings.data_dir, clouds)
        for cloud in clouds:
            done(f"a stand-in for {cloud.title} on {cloud.endpoint}")
        processes = parts.enter_context(Processes(settings.data_dir))
        for program in programs(settings, secrets, urls.app.get_secret_value(), [*clouds]):
            processes.start(program)
        processes.await_ready()
        done("vault, ingest, gateway and a worker")
        vault, ingest, gateway = endpoints(settings)
        yield Stack(
            credentials_url=vault.url,
            ingest_url=ingest.url,
            presign_url=gateway.url,
            admin_key=secrets.admin_key,
            data_dir=settings.data_dir,
            clouds=clouds,
            processes=processes,
        )
