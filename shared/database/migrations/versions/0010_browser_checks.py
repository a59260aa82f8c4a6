"""What customers' browsers see of a location, told through links that work once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations.tenancy import grant, isolate

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table whose rows are filled in once."""
    op.create_table(
        "browser_check",
        sa.Column("check_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("is_image", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("checks", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(seen_at IS NULL) = (checks IS NULL) AND (seen_at IS NULL) = (report_id IS NULL)",
            name=op.f("browser_check_seen_check"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("browser_check_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("browser_check_org_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["access_report.report_id"], name=op.f("browser_check_report_id_fkey")
        ),
        sa.PrimaryKeyConstraint("check_id", name=op.f("browser_check_pkey")),
    )
    for column in ("location_id", "org_id", "report_id"):
        op.create_index(
            op.f(f"browser_check_{column}_idx"), "browser_check", [column], unique=False
        )
    isolate("browser_check")
    grant("SELECT, INSERT, DELETE, UPDATE (report_id, checks, seen_at)", "browser_check")


def downgrade() -> None:
    """Drop the table with what it holds."""
    op.drop_table("browser_check")
