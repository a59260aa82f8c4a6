"""Transactions: bound to one organization, safe to pool, silent about values."""

import asyncio
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.database.api_keys import ApiKey
from shared.database.datasets import Dataset
from shared.database.organizations import Organization
from shared.database.session import NO_ORG, Database
from tests.conftest import Tenant

SETTING = text("SELECT current_setting('mooring.org_id', true)")


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
