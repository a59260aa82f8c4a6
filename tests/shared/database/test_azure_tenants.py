"""Tenants of Azure: one organization has each, whatever another one's transaction can see."""

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from deploy.local.postgres import Postgres
from shared.database.azure_tenants import (
    AzureTenant,
    claim_azure_tenant,
    is_azure_tenant_bound,
    list_azure_tenants,
)
from shared.database.session import Database
from tests.conftest import Tenant


async def claim(database: Database, org: Tenant, tenant_id: object) -> str:
    async with database.begin(org.org_id) as session:
        row = await claim_azure_tenant(session, org.org_id, tenant_id, uuid4())  # type: ignore[arg-type]
    return row.state


async def test_a_claim_is_bound_once_and_pending_for_others(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    tenant_id = uuid4()
    states = [await claim(database, org, tenant_id) for org in (tenant, other_tenant, tenant)]
    assert states == ["bound", "pending", "bound"]


async def test_an_organization_sees_its_own_tenants_only(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    tenant_id = uuid4()
    await claim(database, tenant, tenant_id)
    async with database.begin(other_tenant.org_id) as session:
        assert await list_azure_tenants(session, after=None, limit=9) == []
        assert not await is_azure_tenant_bound(session, tenant.org_id, tenant_id)


async def test_no_state_but_the_first_one_s_is_bound_even_by_a_mistake_of_ours(
    database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    tenant_id = uuid4()
    await claim(database, tenant, tenant_id)
    with pytest.raises(IntegrityError, match="azure_tenant_bound_idx"):
        async with database.begin(other_tenant.org_id) as session:
            session.add(
                AzureTenant(
                    org_id=other_tenant.org_id,
                    tenant_id=tenant_id,
                    state="bound",
                    object_id=uuid4(),
                )
            )


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("azure_tenant", ("org_id", "tenant_id", "object_id", "created_at")),
        ("azure_consent", ("org_id", "consent_id", "created_at")),
    ],
)
def test_the_services_cannot_move_a_tenant_or_a_link_to_another_organization(
    postgres: Postgres, table: str, columns: tuple[str, ...]
) -> None:
    query = b"SELECT has_column_privilege('mooring_app', %s, %s, 'UPDATE')"
    with psycopg.connect(postgres.superuser_url("mooring"), autocommit=True) as connection:
        found = [connection.execute(query, [table, column]).fetchone() for column in columns]
    assert found == [(False,)] * len(columns)


def test_both_tables_are_isolated_by_force(postgres: Postgres) -> None:
    query = (
        b"SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        b" WHERE relname IN ('azure_consent', 'azure_tenant') ORDER BY relname"
    )
    with psycopg.connect(postgres.superuser_url("mooring"), autocommit=True) as connection:
        found = connection.execute(query).fetchall()
    assert found == [("azure_consent", True, True), ("azure_tenant", True, True)]
