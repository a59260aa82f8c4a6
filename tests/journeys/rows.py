"""Everything that the database holds, as text."""

from uuid import UUID

import psycopg
from psycopg import sql

from deploy.local.postgres import Postgres
from deploy.local.roles import DATABASE

TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1, 2
"""


def dump(postgres: Postgres) -> dict[str, list[str]]:
    """Return the rows of every table as JSON, in which bytes are in hexadecimal."""
    with psycopg.connect(postgres.superuser_url(DATABASE)) as connection:
        tables = connection.execute(TABLES).fetchall()
        return {f"{schema}.{table}": _rows(connection, schema, table) for schema, table in tables}


def rows_of(postgres: Postgres, org_id: UUID) -> dict[str, list[str]]:
    """Return those rows of every table that name the organization."""
    return {
        table: [row for row in rows if str(org_id) in row] for table, rows in dump(postgres).items()
    }


def _rows(connection: psycopg.Connection, schema: str, table: str) -> list[str]:
    query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(schema, table))
    return sorted(row for (row,) in connection.execute(query))
