"""Transactions: the only way to Postgres, each one bound to an organization."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from functools import partial
from time import monotonic
from uuid import UUID

import asyncpg
import structlog
from asyncpg import InterfaceError as ClientError
from asyncpg import InternalClientError, PostgresConnectionError, PostgresError
from asyncpg.exceptions import (
    AdminShutdownError,
    CannotConnectNowError,
    CrashShutdownError,
    TooManyConnectionsError,
)
from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.engine import AdaptedConnection, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from shared.errors import DatabaseUnavailableError

log = structlog.get_logger()

Session = AsyncSession
"""A transaction of `Database.begin`, for those who only hand it on."""

NO_ORG = UUID(int=0)
"""Scope of what belongs to no organization: the operator's own Idempotency-Keys."""

LONGEST_TRANSACTION = timedelta(seconds=30)
_SERVERS_GRACE = timedelta(seconds=5)  # after which Postgres ends what we have given up

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 3.0  # of a connection that has rested
_POOL_SECONDS = 5.0
_PING_SECONDS = 5.0
_RETRY_SECONDS = 0.2
_PATIENCE = timedelta(seconds=60)  # services may start together with their database
_GONE = (
    PoolTimeoutError,
    ConnectionError,
    PostgresConnectionError,
    AdminShutdownError,
    CrashShutdownError,
    CannotConnectNowError,
    TooManyConnectionsError,
)


class UnsafeRoleError(RuntimeError):
    """Refuse to start: the database role could step around row-level security."""


class Database:
    """Open transactions as the service role.

    `begin` raises DatabaseUnavailableError when Postgres cannot be reached or goes away, and when a
    transaction takes longer than `longest_transaction`: a Postgres that falls silent, as behind a
    broken network, closes no connection.
    """

    def __init__(
        self,
        url: SecretStr,
        *,
        pool_size: int = 10,
        longest_transaction: timedelta = LONGEST_TRANSACTION,
    ) -> None:
        # asyncpg reads the URL itself: it knows libpq's parameters (`sslmode`), as psycopg does for
        # the queue and the migrations. SQLAlchemy would pass them on as asyncpg's own.
        plain = make_url(url.get_secret_value()).set(drivername="postgresql")
        dsn = plain.render_as_string(hide_password=False)
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(asyncpg.connect, dsn, timeout=_CONNECT_SECONDS),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=_POOL_SECONDS,
            hide_parameters=True,
        )
        event.listen(self._engine.sync_engine, "connect", _note_fresh)
        event.listen(self._engine.sync_engine, "checkout", _check_answer)
        self._longest = longest_transaction
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self, org_id: UUID) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees and writes rows of this organization only."""
        async with self._transaction("mooring.org_id", str(org_id)) as session:
            yield session

    @asynccontextmanager
    async def begin_as_operator(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may list organizations, and sees nothing else."""
        async with self._transaction("mooring.operator", "on") as session:
            yield session

    @asynccontextmanager
    async def begin_as_scheduler(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may read which locations are due, and nothing else."""
        async with self._transaction("mooring.scheduler", "on") as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, setting: str, value: str) -> AsyncIterator[AsyncSession]:
        connected = False
        values = {
            "setting": setting,
            "value": value,
            "longest": f"{(self._longest + _SERVERS_GRACE) / timedelta(milliseconds=1):.0f}",
        }
        try:
            async with self._sessions() as session:
                with closing(_Deadline(self._longest)) as deadline:
                    async with session.begin():
                        raw = await (await session.connection()).get_raw_connection()
                        deadline.watch(raw.driver_connection)
                        await session.execute(_BEGIN, values)
                        connected = True
                        yield session
        except (DBAPIError, PoolTimeoutError, OSError, PostgresError, ClientError) as error:
            if _is_gone(error) or (not connected and isinstance(error, OSError)):
                raise DatabaseUnavailableError("Postgres cannot be reached right now.") from error
            raise

    async def start(self, *, patience: timedelta = _PATIENCE) -> None:
        """Wait until Postgres answers, then check the role.

        Raise DatabaseUnavailableError when it does not answer in time, or UnsafeRoleError.
        """
        last_try = monotonic() + patience.total_seconds()
        waits = False
        while True:
            try:
                return await self.check_role()
            except DatabaseUnavailableError:
                if monotonic() >= last_try:
                    raise
            if not waits:
                log.warning("waiting for the database", seconds=patience.total_seconds())
                waits = True
            await asyncio.sleep(_RETRY_SECONDS)

    async def check_role(self) -> None:
        """Raise UnsafeRoleError unless the role is bound by row-level security.

        A superuser, a role with BYPASSRLS and the owner of a table are not.
        """
        async with self.begin(NO_ORG) as session:
            name, unsafe = (await session.execute(text(_ROLE_CHECK))).one()
        if unsafe:
            raise UnsafeRoleError(
                f"The database role {name!r} owns tables, is a superuser or bypasses row-level "
                "security. Connect as a plain member of the role mooring_service."
            )

    async def ping(self) -> None:
        """Raise DatabaseUnavailableError unless Postgres answers within some seconds."""
        try:
            async with asyncio.timeout(_PING_SECONDS), self.begin(NO_ORG):
                pass
        except TimeoutError as error:
            raise DatabaseUnavailableError("Postgres does not answer right now.") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


class _Deadline:
    """Cut a connection off when its time is over, whatever it waits for."""

    def __init__(self, length: timedelta) -> None:
        self._length = length
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: asyncpg.Connection) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._length.total_seconds(), connection.terminate)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _note_fresh(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.info["fresh"] = True


def _check_answer(connection: AdaptedConnection, entry: ConnectionPoolEntry, _: object) -> None:
    """Let the pool replace its connections when the one that it gives out does not answer.

    SQLAlchemy's own `pool_pre_ping` would wait for an answer for ever.
    """
    if entry.info.pop("fresh", False):
        return
    try:
        connection.run_async(partial(_ask, seconds=_ANSWER_SECONDS))
    except (OSError, PostgresError, ClientError, InternalClientError) as error:
        # TimeoutError is an OSError. The last: Postgres has ended the connection and said so, and
        # its closing is still on the way.
        connection.driver_connection.terminate()
        raise InvalidatePoolError from error


async def _ask(connection: asyncpg.Connection, *, seconds: float) -> None:
    await connection.execute("SELECT", timeout=seconds)


def _is_gone(error: Exception) -> bool:
    """Tell a lost connection from a mistake of ours, whether or not SQLAlchemy has wrapped it."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or isinstance(cause, _GONE) or _is_closed(cause)
    return isinstance(error, _GONE) or _is_closed(error)


def _is_closed(error: BaseException | None) -> bool:
    # asyncpg has one class for this and for its misuse.
    return isinstance(error, ClientError) and "closed" in str(error)


# Local to the transaction. Postgres, too, ends one whose client is gone, and frees its locks.
_BEGIN = text(
    "SELECT set_config(:setting, :value, true), set_config('transaction_timeout', :longest, true)"
)

# Roles that it may become count too, and so does the one that it logged in as: RESET ROLE leads
# back there.
_ROLE_CHECK = """
SELECT session_user::text, EXISTS (
  SELECT FROM pg_roles may
  WHERE (pg_has_role(session_user, may.oid, 'MEMBER')
         OR pg_has_role(current_user, may.oid, 'MEMBER'))
    AND (may.rolsuper OR may.rolbypassrls OR EXISTS (
      SELECT FROM pg_class c
      WHERE c.relkind IN ('r', 'p')
        AND c.relnamespace = 'public'::regnamespace
        AND c.relowner = may.oid
    ))
)
"""
