"""Tenancy of the tables that a migration makes: whose rows are seen, and by whom."""

from alembic import op


def isolate(table: str) -> None:
    """Show and take rows of the transaction's organization only; after it the setting is ''."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY organization ON {table}"
        " USING (org_id = nullif(current_setting('mooring.org_id', true), '')::uuid)"
    )


def grant(rights: str, table: str) -> None:
    """Let the services use a table: `SELECT, INSERT, UPDATE (name)`."""
    op.execute(f"GRANT {rights} ON {table} TO mooring_service")
