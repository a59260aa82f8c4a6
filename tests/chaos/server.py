"""A Postgres that is restarted under its clients: in order, or without a word."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from pydantic import SecretStr

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres, start_postgres
from deploy.local.roles import DATABASE
from shared.database import migrate

_JOBS = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE task_name = 'walk_range'"
_RANGES = "SELECT lower, upper, state FROM import_range ORDER BY lower NULLS FIRST"
_KEYS = "COPY (SELECT key FROM asset WHERE state = 'available' ORDER BY key) TO STDOUT"


class Server:
    """One database and its server, always at the same port."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._running = ExitStack()
        self.postgres = self._start()
        migrate.upgrade(SecretStr(self.postgres.owner_url()))

    @property
    def url(self) -> SecretStr:
        return SecretStr(self.postgres.app_url())

    def restart(self, last_word: signal.Signals) -> None:
        """Stop by SIGINT (a fast shutdown) or SIGQUIT (at once), and start again."""
        if last_word is not signal.SIGINT:
            os.kill(self.postgres.pid, last_word)
        self._running.close()
        self.postgres = self._start()

    def stop(self) -> None:
        self._running.close()

    def count_jobs(self) -> int:
        """Return how many jobs of ranges wait or run."""
        with self._connect() as connection:
            (count,) = connection.execute(_JOBS).fetchone() or (0,)
            return int(count)

    def list_ranges(self) -> list[tuple[str | None, str | None, str]]:
        """Return the bounds and the state of each range of imports, in key order."""
        with self._connect() as connection:
            return connection.execute(_RANGES).fetchall()

    def list_keys(self) -> bytes:
        """Return the keys of the available assets as lines, in order."""
        with self._connect() as connection, connection.cursor().copy(_KEYS) as lines:
            return b"".join(lines)

    def _connect(self) -> psycopg.Connection:
        """Connect as the superuser, who sees the rows of all organizations."""
        return psycopg.connect(self.postgres.superuser_url(DATABASE))

    def _start(self) -> Postgres:
        return self._running.enter_context(start_postgres(self._directory, port=self._port))


@contextmanager
def restartable_postgres(directory: Path) -> Iterator[Server]:
    """Start a server with an empty, migrated database; stop it with the block."""
    server = Server(directory)
    try:
        yield server
    finally:
        server.stop()
