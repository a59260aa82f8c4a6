"""The schema as Postgres has it: no table of a tenant is open, no right is too wide."""

from collections.abc import Iterator

import psycopg
import pytest

from deploy.local.postgres import Postgres
from shared.database.metadata import metadata

ISOLATED = "(org_id = (NULLIF(current_setting('mooring.org_id'::text, true), ''::text))::uuid)"


@pytest.fixture(scope="module")
def catalogue(postgres: Postgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.superuser_url("mooring"), autocommit=True) as connection:
        yield connection


def rows(catalogue: psycopg.Connection, query: str) -> set[tuple[object, ...]]:
    return set(catalogue.execute(query.encode()).fetchall())


def test_every_table_with_an_organization_has_forced_row_level_security(
    catalogue: psycopg.Connection,
) -> None:
    found = rows(
        catalogue,
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.attname = 'org_id' AND NOT a.attisdropped
        """,
    )
    assert found == {(name, True, True) for name in metadata.tables}


def test_every_table_of_ours_belongs_to_an_organization(catalogue: psycopg.Connection) -> None:
    tables = rows(
        catalogue,
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')",
    )
    assert tables == {(name,) for name in (*metadata.tables, "alembic_version")}


def test_the_policies_are_these_and_no_others(catalogue: psycopg.Connection) -> None:
    """A USING expression without a check binds what is written as well as what is read."""
    policies = rows(
        catalogue,
        "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check"
        " FROM pg_policies",
    )
    operator = "(current_setting('mooring.operator'::text, true) = 'on'::text)"
    scheduler = "(current_setting('mooring.scheduler'::text, true) = 'on'::text)"
    claimants = "((tenant_id)::text = current_setting('mooring.azure_tenant'::text, true))"
    assert policies == {
        *(
            (name, "organization", "PERMISSIVE", "{public}", "ALL", ISOLATED, None)
            for name in metadata.tables
        ),
        ("organization", "operator", "PERMISSIVE", "{public}", "SELECT", operator, None),
        ("location_health", "scheduler", "PERMISSIVE", "{public}", "SELECT", scheduler, None),
        ("azure_tenant", "claimants", "PERMISSIVE", "{public}", "SELECT", claimants, None),
    }


@pytest.mark.parametrize("role", ["mooring_service", "mooring_app"])
def test_the_services_change_neither_external_ids_nor_owners_nor_secrets_hashes(
    catalogue: psycopg.Connection, role: str
) -> None:
    closed = [
        ("storage_credential", "external_id"),
        ("storage_credential", "method"),
        ("storage_credential", "org_id"),
        ("external_location", "org_id"),
        ("external_location", "credential_id"),
        ("external_location", "bucket"),
        ("external_location", "prefix"),
        ("api_key", "secret_hash"),
        ("api_key", "scopes"),
        ("api_key", "expires_at"),
        ("api_key", "org_id"),
        ("organization", "org_id"),
        ("dataset", "org_id"),
        ("access_report", "valid"),
        ("access_report", "facts"),
        ("report_key", "public_key"),
        ("report_key", "created_at"),
        ("data_key", "wrapped"),
        ("webhook", "org_id"),
        ("outbox_event", "payload"),
        ("webhook_delivery", "event_id"),
        ("azure_tenant", "org_id"),
        ("azure_tenant", "tenant_id"),
        ("azure_consent", "org_id"),
        ("browser_check", "org_id"),
        ("browser_check", "location_id"),
        ("browser_check", "secret_hash"),
        ("browser_check", "key"),
        ("browser_check", "expires_at"),
        ("location_health", "org_id"),
        ("location_health", "location_id"),
        ("location_health_change", "changes"),
    ]
    open_to_change = [
        (table, column)
        for table, column in closed
        if catalogue.execute(
            "SELECT has_column_privilege(%s, %s, %s, 'UPDATE')", [role, table, column]
        ).fetchone()
        == (True,)
    ]
    assert open_to_change == []


def test_the_services_delete_only_what_is_theirs_to_forget(catalogue: psycopg.Connection) -> None:
    deletable = rows(
        catalogue,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND has_table_privilege('mooring_app', oid, 'DELETE')",
    )
    assert {name for (name,) in deletable} == {
        "access_report",
        "azure_consent",
        "azure_tenant",
        "browser_check",
        "dataset_source",
        "idempotency_key",
        "import_change",
        "import_range",
        "import_seen",
        "location_health",
        "location_health_change",
        "manifest",
        "manifest_chunk",
        "outbox_event",
        "rejected_key",
        "sealed_lease",
        "webhook",
    }


def test_the_services_empty_no_table_and_make_none(catalogue: psycopg.Connection) -> None:
    too_wide = rows(
        catalogue,
        """
        SELECT relname FROM pg_class
        WHERE relnamespace IN ('public'::regnamespace) AND relkind IN ('r', 'p')
          AND has_table_privilege('mooring_app', oid, 'TRUNCATE, REFERENCES, TRIGGER, MAINTAIN')
        """,
    )
    makes = catalogue.execute(
        "SELECT has_schema_privilege('mooring_app', 'public', 'CREATE'),"
        " has_schema_privilege('mooring_app', 'procrastinate', 'CREATE'),"
        " has_database_privilege('mooring_app', 'mooring', 'CREATE')"
    ).fetchone()
    assert too_wide == set()
    assert makes == (False, False, False)


def test_nobody_else_has_any_right(catalogue: psycopg.Connection) -> None:
    grantees = rows(
        catalogue,
        "SELECT DISTINCT grantee FROM information_schema.table_privileges"
        " WHERE table_schema IN ('public', 'procrastinate')",
    )
    assert grantees == {("mooring_owner",), ("mooring_service",)}


def test_no_function_runs_with_its_owners_rights(catalogue: psycopg.Connection) -> None:
    found = rows(
        catalogue,
        "SELECT p.oid::regprocedure::text FROM pg_proc p"
        " WHERE p.pronamespace IN ('public'::regnamespace, 'procrastinate'::regnamespace)"
        " AND p.prosecdef",
    )
    assert found == set()


def test_keys_are_compared_byte_by_byte(catalogue: psycopg.Connection) -> None:
    """The order of S3's listings, which the page transaction depends on."""
    collations = rows(
        catalogue,
        """
        SELECT c.relname, a.attname, l.collname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND (c.relname, a.attname) IN (
            ('asset', 'key'), ('import_range', 'lower'), ('import_range', 'upper'),
            ('import_range', 'cursor'), ('import_source_file', 'key'),
            ('external_location', 'prefix'), ('import_job', 'prefix'), ('browser_check', 'key')
          )
        """,
    )
    assert len(collations) == 8
    assert {collation for _, _, collation in collations} == {"C"}
