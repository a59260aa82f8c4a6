"""The health of locations, its changes, and reports that are forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations.tenancy import grant, isolate

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RIGHTS = {
    "location_health": "SELECT, INSERT, DELETE, UPDATE (state, since, checked_at, doubted_at,"
    " next_check_at, next_full_at, claimed_until, good_report_id)",
    "location_health_change": "SELECT, INSERT, DELETE",
}


def upgrade() -> None:
    """Add what the release before does not need. Its locations are due within the hour."""
    create_tables()
    # The owner is bound by the policies too, and sees no location but for this.
    op.execute("ALTER TABLE external_location NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO location_health"
        " (location_id, org_id, state, since, next_check_at, next_full_at)"
        " SELECT location_id, org_id, 'unknown', now(), due, due FROM ("
        " SELECT location_id, org_id, now() + random() * interval '1 hour' AS due"
        " FROM external_location WHERE detached_at IS NULL) AS attached"
    )
    op.execute("ALTER TABLE external_location FORCE ROW LEVEL SECURITY")
    for table, rights in RIGHTS.items():
        isolate(table)
        grant(rights, table)
    op.execute(
        "CREATE POLICY scheduler ON location_health FOR SELECT"
        " USING (current_setting('mooring.scheduler', true) = 'on')"
    )
    grant("DELETE", "access_report")


def create_tables() -> None:
    op.create_table(
        "location_health",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_full_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("good_report_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('unknown', 'healthy', 'degraded', 'broken')",
            name=op.f("location_health_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["good_report_id"],
            ["access_report.report_id"],
            name=op.f("location_health_good_report_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("location_health_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("location_health_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("location_health_pkey")),
    )
    op.create_index(op.f("location_health_org_id_idx"), "location_health", ["org_id"])
    op.create_index(op.f("location_health_next_check_at_idx"), "location_health", ["next_check_at"])
    op.create_table(
        "location_health_change",
        sa.Column("change_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("previous_state", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("location_health_change_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("location_health_change_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("location_health_change_pkey")),
    )
    op.create_index(op.f("location_health_change_org_id_idx"), "location_health_change", ["org_id"])
    op.create_index(
        "location_health_change_location_id_idx",
        "location_health_change",
        ["location_id", "change_id"],
    )


def downgrade() -> None:
    op.execute("REVOKE DELETE ON access_report FROM mooring_service")
    op.drop_table("location_health_change")
    op.drop_table("location_health")
