"""Transactions: the only way to Postgres, each one bound to an organization."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from time import monotonic
from uuid import UUID

import asyncpg
from asyncpg import PostgresConnectionError
from asyncpg.exceptions import CannotConnectNowError, TooManyConnectionsError
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shared.errors import DatabaseUnavailableError

NO_ORG = UUID(int=0)
"""Scope of what belongs to no organization: the operator's own Idempotency-Keys."""

_CONNECT_SECONDS = 5
_RETRY_SECONDS = 0.2
_PATIENCE = timedelta(seconds=60)  # services may start together with their database
_GONE = (OSError, PostgresConnectionError, CannotConnectNowError, TooManyConnectionsError)


class UnsafeRoleError(RuntimeError):
    """Refuse to start: the database role could step around row-level security."""


class Database:
    """Open transactions as the service role.

    `begin` raises DatabaseUnavailableError when Postgres cannot be reached or goes away.
    """

    def __init__(self, url: SecretStr, *, pool_size: int = 10) -> None:
        # asyncpg reads the URL itself: it knows libpq's parameters (`sslmode`), as psycopg does for
        # the queue and the migrations. SQLAlchemy would pass them on as asyncpg's own.
        plain = make_url(url.get_secret_value()).set(drivername="postgresql")
        dsn = plain.render_as_string(hide_password=False)
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(asyncpg.connect, dsn, timeout=_CONNECT_SECONDS),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,
        )
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
    async def _transaction(self, setting: str, value: str) -> AsyncIterator[AsyncSession]:
        try:
            async with self._sessions() as session, session.begin():
                await session.execute(
                    text("SELECT set_config(:setting, :value, true)"),
                    {"setting": setting, "value": value},
                )
                yield session
        except (DBAPIError, PoolTimeoutError, OSError, PostgresConnectionError) as error:
            if _is_gone(error):
                raise DatabaseUnavailableError("Postgres cannot be reached right now.") from error
            raise

    async def start(self, *, patience: timedelta = _PATIENCE) -> None:
        """Wait until Postgres answers, then check the role.

        Raise DatabaseUnavailableError when it does not answer in time, or UnsafeRoleError.
        """
        last_try = monotonic() + patience.total_seconds()
        while True:
            try:
                return await self.check_role()
            except DatabaseUnavailableError:
                if monotonic() >= last_try:
                    raise
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
        """Raise DatabaseUnavailableError unless Postgres answers."""
        async with self.begin(NO_ORG):
            pass

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _is_gone(error: BaseException) -> bool:
    if isinstance(error, PoolTimeoutError | InterfaceError | OperationalError):
        return True
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or isinstance(cause, _GONE)
    return isinstance(error, _GONE)


_ROLE_CHECK = """
SELECT current_user::text,
       r.rolsuper OR r.rolbypassrls OR EXISTS (
         SELECT FROM pg_class c
         WHERE c.relkind IN ('r', 'p')
           AND c.relnamespace = 'public'::regnamespace
           AND pg_has_role(r.oid, c.relowner, 'MEMBER')
       )
FROM pg_roles r WHERE r.rolname = current_user
"""
