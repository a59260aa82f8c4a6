"""Transactions: bound to one organization, safe to pool, clear when Postgres is gone."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres, start_postgres
from shared.database.api_keys import ApiKey
from shared.database.datasets import Dataset
from shared.database.organizations import Organization
from shared.database.session import NO_ORG, Database, UnsafeRoleError
from shared.errors import DatabaseUnavailableError
from tests.conftest import Tenant

AT_ONCE = timedelta()
SETTING = text("SELECT current_setting('mooring.org_id', true)")


@pytest.fixture
def superuser(own_superuser_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(own_superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def server_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mooring-postgres-") as name:
        Path(name).chmod(0o711)  # the server's user must get through to its files
        yield Path(name)


async def add_dataset(database: Database, scope: UUID, org_id: UUID) -> UUID:
    """Store a dataset of `org_id` in a transaction of `scope` and return its id."""
    dataset_id = uuid4()
    async with database.begin(scope) as session:
        session.add(
            Dataset(
                dataset_id=dataset_id, org_id=org_id, name=str(dataset_id), hosting="self_hosted"
            )
        )
    return dataset_id


async def count(database: Database, scope: UUID) -> int:
    async with database.begin(scope) as session:
        found: int = (await session.execute(select(func.count()).select_from(Dataset))).scalar_one()
        return found


# --- Tenants ----------------------------------------------------------------------------------


async def test_a_transaction_sees_rows_of_its_organization_alone(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    mine = await add_dataset(database, tenant.org_id, tenant.org_id)
    theirs = await add_dataset(database, other_tenant.org_id, other_tenant.org_id)
    async with database.begin(tenant.org_id) as session:
        assert await session.get(Dataset, mine) is not None
        assert await session.get(Dataset, theirs) is None
        assert (await session.scalars(select(Dataset.dataset_id))).all() == [mine]
        assert (await session.scalars(select(Organization.org_id))).all() == [tenant.org_id]
    assert await count(database, NO_ORG) == 0


async def test_a_transaction_writes_rows_of_its_organization_alone(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    theirs = await add_dataset(database, other_tenant.org_id, other_tenant.org_id)
    with pytest.raises(DBAPIError, match="row-level security"):
        await add_dataset(database, tenant.org_id, other_tenant.org_id)
    async with database.begin(tenant.org_id) as session:
        changed = await session.execute(text("UPDATE dataset SET name = 'taken'"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]
    async with database.begin(other_tenant.org_id) as session:
        kept = await session.get(Dataset, theirs)
        assert kept is not None
        assert kept.name == str(theirs)


async def test_the_organization_is_forgotten_when_its_transaction_ends(
    database_url: SecretStr, tenant: Tenant
) -> None:
    """One connection serves all of these, so that a setting which stayed would be seen."""
    one = Database(database_url, pool_size=1)
    async with one.begin(tenant.org_id) as session:
        assert (await session.execute(SETTING)).scalar_one() == str(tenant.org_id)
        process = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with pytest.raises(RuntimeError):
        async with one.begin(tenant.org_id) as session:
            raise RuntimeError
    async with one.begin_as_operator() as session:
        assert (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one() == process
        assert (await session.execute(SETTING)).scalar_one() == ""
    await one.close()


async def test_many_transactions_at_once_do_not_mix_their_organizations(
    database_url: SecretStr,
) -> None:
    shared = Database(database_url, pool_size=3)

    async def look(org_id: UUID) -> bool:
        async with shared.begin(org_id) as session:
            await session.execute(text("SELECT pg_sleep(0.001)"))
            return bool((await session.execute(SETTING)).scalar_one() == str(org_id))

    assert all(await asyncio.gather(*(look(uuid4()) for _ in range(60))))
    await shared.close()


async def test_the_operator_sees_organizations_and_nothing_else(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    await add_dataset(database, tenant.org_id, tenant.org_id)
    async with database.begin_as_operator() as session:
        seen = set((await session.scalars(select(Organization.org_id))).all())
        keys = (await session.execute(select(func.count()).select_from(ApiKey))).scalar_one()
        datasets = (await session.execute(select(func.count()).select_from(Dataset))).scalar_one()
    assert {tenant.org_id, other_tenant.org_id} <= seen
    assert (keys, datasets) == (0, 0)


async def test_the_operator_changes_no_organization(database: Database, tenant: Tenant) -> None:
    async with database.begin_as_operator() as session:
        changed = await session.execute(text("UPDATE organization SET name = 'taken'"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]
    async with database.begin(tenant.org_id) as session:
        kept = await session.get(Organization, tenant.org_id)
        assert kept is not None
        assert kept.name == "Test"


# --- Roles ------------------------------------------------------------------------------------


async def test_the_services_own_role_is_safe(own_database: Database) -> None:
    await own_database.start(patience=AT_ONCE)


async def test_the_owner_of_the_tables_is_refused(own_owner_url: SecretStr) -> None:
    await refuse(own_owner_url)


async def test_a_superuser_is_refused(own_superuser_url: str) -> None:
    await refuse(SecretStr(own_superuser_url))


@pytest.mark.parametrize(
    "grant",
    [
        "ALTER ROLE {role} BYPASSRLS",
        "ALTER ROLE {role} SUPERUSER",
        "GRANT mooring_owner TO {role}",
        "GRANT {powerful} TO {role}",
        "CREATE TABLE owned (); ALTER TABLE owned OWNER TO {role}",
        "ALTER ROLE {role} BYPASSRLS; ALTER ROLE {role} SET role = mooring_app",
    ],
)
async def test_a_role_that_could_step_around_row_level_security_is_refused(
    postgres: Postgres,
    own_name: str,
    superuser: psycopg.Connection,
    own_database_url: SecretStr,
    grant: str,
) -> None:
    role, powerful = f"role_{uuid4().hex}", f"powerful_{uuid4().hex}"
    superuser.execute(f"CREATE ROLE {powerful} BYPASSRLS".encode())
    superuser.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE mooring_app".encode())
    superuser.execute(grant.format(role=role, powerful=powerful).encode())
    url = SecretStr(f"postgresql://{role}:x@{postgres.host}:{postgres.port}/{own_name}")
    try:
        await refuse(url)
    finally:
        superuser.execute(f"DROP OWNED BY {role}; DROP ROLE {role}, {powerful}".encode())
    assert own_database_url is not None


async def refuse(url: SecretStr) -> None:
    database = Database(url)
    with pytest.raises(UnsafeRoleError, match="mooring_service"):
        await database.start(patience=AT_ONCE)
    await database.close()


# --- Postgres goes and comes ------------------------------------------------------------------


async def test_work_stops_with_a_clear_error_when_postgres_does_and_goes_on_when_it_is_back(
    server_directory: Path,
) -> None:
    directory, port = server_directory, free_port()
    with start_postgres(directory, port=port, durable=False) as server:
        database = Database(SecretStr(server.app_url()))
        await database.ping()
        begun, stopped = asyncio.Barrier(3), asyncio.Event()

        async def wait_for_a_query() -> None:
            async with database.begin(NO_ORG) as session:
                await begun.wait()
                await session.execute(text("SELECT pg_sleep(60)"))

        async def query_too_late() -> None:
            async with database.begin(NO_ORG) as session:
                await begun.wait()
                await stopped.wait()
                await session.execute(text("SELECT 1"))

        working = [asyncio.create_task(each()) for each in (wait_for_a_query, query_too_late)]
        await begun.wait()
    stopped.set()
    for work in working:
        with pytest.raises(DatabaseUnavailableError):
            await work
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError):
            await database.ping()
    with pytest.raises(DatabaseUnavailableError):
        await database.start(patience=AT_ONCE)
    with capture_logs() as events:
        waiting = asyncio.create_task(database.start())
        while not events:  # noqa: ASYNC110 (the log is a list)
            await asyncio.sleep(0.001)
        with start_postgres(directory, port=port, durable=False):
            await waiting
            await database.ping()
            await database.close()
    assert [event["event"] for event in events] == ["waiting for the database"]


class Cut:
    """A transaction whose connection is cut at some moment."""

    def __init__(self, database: Database, superuser: psycopg.Connection) -> None:
        self._database = database
        self._superuser = superuser

    async def before_a_query(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await self._cut(session)
            await session.execute(text("SELECT 1"))

    async def before_the_commit(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await self._cut(session)

    async def during_a_query(self) -> None:
        async with self._database.begin(NO_ORG) as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    async def before_a_copy(self) -> None:
        """COPY goes around SQLAlchemy: its errors are the driver's own."""
        async with self._database.begin(NO_ORG) as session:
            await session.execute(text("CREATE TEMPORARY TABLE staging (n int)"))
            raw = await (await session.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            await self._cut(session)
            await raw.driver_connection.copy_records_to_table("staging", records=[(1,)])

    async def _cut(self, session: AsyncSession) -> None:
        process = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        self._superuser.execute(b"SELECT pg_terminate_backend(%s, 5000)", [process])


@pytest.mark.parametrize(
    "moment", [Cut.before_a_query, Cut.before_the_commit, Cut.during_a_query, Cut.before_a_copy]
)
async def test_a_connection_that_is_cut_is_a_database_that_is_gone(
    own_database: Database,
    superuser: psycopg.Connection,
    moment: Callable[[Cut], Awaitable[None]],
) -> None:
    with pytest.raises(DatabaseUnavailableError):
        await moment(Cut(own_database, superuser))
    await own_database.ping()


async def test_too_many_connections_are_a_database_that_is_not_there(
    own_database_url: SecretStr, superuser: psycopg.Connection, own_name: str
) -> None:
    superuser.execute(f"ALTER DATABASE {own_name} CONNECTION LIMIT 0".encode())
    database = Database(own_database_url)
    with pytest.raises(DatabaseUnavailableError):
        await database.ping()
    await database.close()


async def test_a_wrong_password_is_no_outage_to_wait_for(own_database_url: SecretStr) -> None:
    url = own_database_url.get_secret_value()
    database = Database(SecretStr(url.replace("mooring_app:", "mooring_app:wrong")))
    with pytest.raises(Exception, match="password authentication failed"):
        await database.start()
    await database.close()


async def test_a_url_may_hold_what_managed_databases_want(own_database_url: SecretStr) -> None:
    for mode, works in (("prefer", True), ("require", False)):
        database = Database(SecretStr(f"{own_database_url.get_secret_value()}?sslmode={mode}"))
        with nullcontext() if works else pytest.raises(DatabaseUnavailableError):
            await database.ping()
        await database.close()


# --- What is our mistake ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("SELECT CAST(:value AS integer)", 2**40),
        ("SELECT CAST(:value AS text)", "\ud800"),
        ("SELECT CAST(:value AS text)", "\x00"),
        ("SELECT CAST(:value AS uuid)", "canary"),
        ("SELECT 1 / CAST(:value AS integer)", 0),
        ("SELECT nothing(CAST(:value AS integer))", 1),
    ],
)
async def test_a_value_that_postgres_cannot_take_is_not_an_outage(
    database: Database, query: str, value: object
) -> None:
    with pytest.raises(DBAPIError):
        async with database.begin(NO_ORG) as session:
            await session.execute(text(query), {"value": value})


async def test_an_error_of_the_work_itself_passes_unchanged(database: Database) -> None:
    for error in (FileNotFoundError("a file"), TimeoutError("ours"), ValueError("x")):
        with pytest.raises(type(error)) as raised:
            async with database.begin(NO_ORG):
                raise error
        assert raised.value is error


async def test_a_conflict_is_not_an_outage(database: Database, tenant: Tenant) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin(tenant.org_id) as session:
            session.add(Organization(org_id=tenant.org_id, name="x", hosting="self_hosted"))


async def test_no_error_shows_the_values_that_were_sent(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with database.begin(NO_ORG) as session:
            await session.execute(
                text("SELECT nothing(CAST(:value AS text))"), {"value": "canary-secret"}
            )
    assert "canary" not in str(raised.value)
    assert "canary" not in repr(database)
