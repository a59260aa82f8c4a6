"""What a report needs to be proved, and the keys that proofs are signed with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations.tenancy import grant, isolate

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that the release before does not need, and a table that it does not know."""
    op.add_column(
        "access_report",
        sa.Column("facts", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.create_table(
        "report_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_encryption_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (retired_at IS NOT NULL)",
            name=op.f("report_key_retired_at_check"),
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("report_key_pkey")),
    )
    op.create_index(
        "report_key_signing_key",
        "report_key",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    isolate("report_key")
    grant("SELECT, INSERT, UPDATE (wrapped, retired_at)", "report_key")


def downgrade() -> None:
    """Drop both. What was signed can be checked with sets of keys that were fetched before."""
    op.drop_table("report_key")
    op.drop_column("access_report", "facts")
