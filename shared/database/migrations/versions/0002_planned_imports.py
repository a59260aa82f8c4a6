"""Imports that are planned before they are applied: versions, changes, sources, paces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW_TABLES = ("asset_version", "import_change", "import_seen", "dataset_source", "listing_pace")

RIGHTS = {
    "asset_version": "SELECT, INSERT",
    "import_change": "SELECT, INSERT, UPDATE, DELETE",
    "import_seen": "SELECT, INSERT, DELETE",
    "dataset_source": "SELECT, INSERT, DELETE",
    "listing_pace": "SELECT, INSERT, UPDATE",
    "import_range": "DELETE",
    "rejected_key": "DELETE",
    "dataset": "UPDATE (sync_every, sync_max_missing_share, next_sync_at)",
}

CHECKS = (
    ("import_job_selection_check", "selection", ("prefix", "source_files", "inventory")),
    ("import_job_plan_check", "plan", ("none", "apply", "dry_run")),
    ("import_job_listing_check", "listing", ("ordered", "unordered")),
    ("import_job_trigger_check", "trigger", ("request", "schedule", "inventory")),
    ("import_job_phase_check", "phase", ("reading", "scanning", "planning", "applying")),
    (
        "import_job_state_check",
        "state",
        (
            "queued",
            "running",
            "paused",
            "awaiting_decision",
            "completed",
            "failed",
            "cancelled",
            "discarded",
        ),
    ),
    (
        "import_range_kind_check",
        "kind",
        ("list", "mark", "read", "file", "sweep", "plan", "apply"),
    ),
)

CHECKS_BEFORE = (
    ("import_job_selection_check", "selection", ("prefix", "source_files")),
    (
        "import_job_state_check",
        "state",
        ("queued", "running", "completed", "failed", "cancelled"),
    ),
)


def upgrade() -> None:
    create_tables()
    change_import_jobs()
    change_tables()
    for name, column, values in CHECKS:
        table = name.removesuffix(f"_{column}_check")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        op.create_check_constraint(op.f(name), table, f"{column} IN ({quoted(values)})")
    for table, rights in RIGHTS.items():
        op.execute(f"GRANT {rights} ON {table} TO mooring_service")
    for table in NEW_TABLES:
        isolate(table)


def isolate(table: str) -> None:
    """Show and take rows of the transaction's organization only, as in the first schema."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY organization ON {table}"
        " USING (org_id = nullif(current_setting('mooring.org_id', true), '')::uuid)"
    )


def quoted(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def create_tables() -> None:
    op.create_unique_constraint(
        op.f("dataset_org_id_dataset_id_key"), "dataset", ["org_id", "dataset_id"]
    )
    op.create_unique_constraint(
        op.f("external_location_org_id_location_id_key"),
        "external_location",
        ["org_id", "location_id"],
    )
    op.create_table(
        "asset_version",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column(
            "replaced_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "dataset_id", "asset_id", "version", name=op.f("asset_version_pkey")
        ),
    )
    op.create_table(
        "import_change",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("previous_key", sa.Text(collation="C"), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storage_class", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('added', 'changed', 'moved', 'missing', 'restored')",
            name=op.f("import_change_kind_check"),
        ),
        sa.CheckConstraint(
            "state IN ('available', 'archived', 'missing')", name=op.f("import_change_state_check")
        ),
        sa.PrimaryKeyConstraint("import_id", "key", name=op.f("import_change_pkey")),
    )
    op.create_table(
        "import_seen",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "key", name=op.f("import_seen_pkey")),
    )
    op.create_table(
        "dataset_source",
        sa.Column("source_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "filters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("pin_versions", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "dataset_id"],
            ["dataset.org_id", "dataset.dataset_id"],
            name=op.f("dataset_source_org_id_dataset_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["external_location.org_id", "external_location.location_id"],
            name=op.f("dataset_source_org_id_location_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("dataset_source_pkey")),
        sa.UniqueConstraint(
            "dataset_id",
            "location_id",
            "prefix",
            name=op.f("dataset_source_dataset_id_location_id_prefix_key"),
        ),
    )
    op.create_table(
        "listing_pace",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("cut_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["external_location.org_id", "external_location.location_id"],
            name=op.f("listing_pace_org_id_location_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("listing_pace_pkey")),
    )


def change_import_jobs() -> None:
    op.add_column(
        "import_job",
        sa.Column(
            "filters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "import_job",
        sa.Column(
            "source", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column(
        "import_job",
        sa.Column("trigger", sa.Text(), server_default=sa.text("'request'"), nullable=False),
    )
    op.add_column(
        "import_job", sa.Column("plan", sa.Text(), server_default=sa.text("'none'"), nullable=False)
    )
    op.add_column(
        "import_job",
        sa.Column("max_missing_share", sa.Double(), server_default=sa.text("0.2"), nullable=False),
    )
    op.add_column(
        "import_job",
        sa.Column("pin_versions", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "import_job",
        sa.Column("listing", sa.Text(), server_default=sa.text("'ordered'"), nullable=False),
    )
    op.add_column("import_job", sa.Column("phase", sa.Text(), nullable=True))
    op.add_column("import_job", sa.Column("expected", sa.BigInteger(), nullable=True))
    op.add_column(
        "import_job",
        sa.Column("skipped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "import_job",
        sa.Column("moved", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "import_job",
        sa.Column("applied", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "import_job",
        sa.Column(
            "skipped_by_reason",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "import_job",
        sa.Column(
            "warnings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.drop_index(
        op.f("import_job_active_key"),
        table_name="import_job",
        postgresql_where="(state = ANY (ARRAY['queued'::text, 'running'::text]))",
    )
    op.drop_index(op.f("import_job_dataset_id_idx"), table_name="import_job")
    op.drop_index(op.f("import_job_org_id_idx"), table_name="import_job")
    op.create_index(
        "import_job_active_idx",
        "import_job",
        ["location_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running', 'paused', 'awaiting_decision')"),
    )
    op.create_unique_constraint(
        op.f("import_job_org_id_import_id_key"), "import_job", ["org_id", "import_id"]
    )
    op.create_index(
        "import_job_place_idx", "import_job", ["dataset_id", "location_id"], unique=False
    )
    op.drop_constraint(op.f("import_job_dataset_id_fkey"), "import_job", type_="foreignkey")
    op.drop_constraint(op.f("import_job_org_id_fkey"), "import_job", type_="foreignkey")
    op.drop_constraint(op.f("import_job_location_id_fkey"), "import_job", type_="foreignkey")
    op.alter_column("import_job", "trigger", server_default=None)
    op.alter_column("import_job", "plan", server_default=None)
    op.alter_column("import_job", "max_missing_share", server_default=None)
    op.alter_column("import_job", "pin_versions", server_default=None)
    op.alter_column("import_job", "listing", server_default=None)


def change_tables() -> None:
    op.add_column(
        "asset", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.drop_index(op.f("asset_location_id_idx"), table_name="asset")
    op.drop_constraint(op.f("asset_location_id_fkey"), "asset", type_="foreignkey")
    op.drop_constraint(op.f("asset_dataset_id_fkey"), "asset", type_="foreignkey")
    op.add_column("dataset", sa.Column("sync_every", sa.Interval(), nullable=True))
    op.add_column(
        "dataset",
        sa.Column(
            "sync_max_missing_share", sa.Double(), server_default=sa.text("0.2"), nullable=False
        ),
    )
    op.add_column("dataset", sa.Column("next_sync_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("import_job_org_id_location_id_fkey"),
        "import_job",
        "external_location",
        ["org_id", "location_id"],
        ["org_id", "location_id"],
    )
    op.create_foreign_key(
        op.f("import_job_org_id_dataset_id_fkey"),
        "import_job",
        "dataset",
        ["org_id", "dataset_id"],
        ["org_id", "dataset_id"],
    )
    op.add_column(
        "import_range",
        sa.Column("kind", sa.Text(), server_default=sa.text("'list'"), nullable=False),
    )
    op.add_column(
        "import_range",
        sa.Column(
            "work", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.drop_index(op.f("import_range_org_id_idx"), table_name="import_range")
    op.drop_constraint(op.f("import_range_org_id_fkey"), "import_range", type_="foreignkey")
    op.drop_constraint(op.f("import_range_import_id_fkey"), "import_range", type_="foreignkey")
    op.create_foreign_key(
        op.f("import_range_org_id_import_id_fkey"),
        "import_range",
        "import_job",
        ["org_id", "import_id"],
        ["org_id", "import_id"],
    )
    op.drop_index(op.f("import_source_file_org_id_idx"), table_name="import_source_file")
    op.drop_constraint(
        op.f("import_source_file_org_id_fkey"), "import_source_file", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("import_source_file_import_id_fkey"), "import_source_file", type_="foreignkey"
    )
    op.drop_index(op.f("rejected_key_org_id_idx"), table_name="rejected_key")
    op.drop_constraint(op.f("rejected_key_org_id_fkey"), "rejected_key", type_="foreignkey")
    op.drop_constraint(op.f("rejected_key_dataset_id_fkey"), "rejected_key", type_="foreignkey")
    op.drop_constraint(op.f("rejected_key_import_id_fkey"), "rejected_key", type_="foreignkey")
    op.create_foreign_key(
        op.f("rejected_key_org_id_import_id_fkey"),
        "rejected_key",
        "import_job",
        ["org_id", "import_id"],
        ["org_id", "import_id"],
    )
    op.alter_column("import_range", "kind", server_default=None)


def downgrade() -> None:
    for name, column, _ in CHECKS:
        op.drop_constraint(op.f(name), name.removesuffix(f"_{column}_check"), type_="check")
    for table in NEW_TABLES:
        op.drop_table(table)
    restore_tables()
    restore_import_jobs()
    restore_keys()
    for name, column, values in CHECKS_BEFORE:
        table = name.removesuffix(f"_{column}_check")
        op.create_check_constraint(op.f(name), table, f"{column} IN ({quoted(values)})")
    op.execute("REVOKE DELETE ON import_range, rejected_key FROM mooring_service")


def restore_tables() -> None:
    op.drop_constraint(
        op.f("rejected_key_org_id_import_id_fkey"), "rejected_key", type_="foreignkey"
    )
    op.create_foreign_key(
        op.f("rejected_key_import_id_fkey"),
        "rejected_key",
        "import_job",
        ["import_id"],
        ["import_id"],
    )
    op.create_foreign_key(
        op.f("rejected_key_dataset_id_fkey"),
        "rejected_key",
        "dataset",
        ["dataset_id"],
        ["dataset_id"],
    )
    op.create_foreign_key(
        op.f("rejected_key_org_id_fkey"), "rejected_key", "organization", ["org_id"], ["org_id"]
    )
    op.create_index(op.f("rejected_key_org_id_idx"), "rejected_key", ["org_id"], unique=False)
    op.create_foreign_key(
        op.f("import_source_file_import_id_fkey"),
        "import_source_file",
        "import_job",
        ["import_id"],
        ["import_id"],
    )
    op.create_foreign_key(
        op.f("import_source_file_org_id_fkey"),
        "import_source_file",
        "organization",
        ["org_id"],
        ["org_id"],
    )
    op.create_index(
        op.f("import_source_file_org_id_idx"), "import_source_file", ["org_id"], unique=False
    )
    op.drop_constraint(
        op.f("import_range_org_id_import_id_fkey"), "import_range", type_="foreignkey"
    )
    op.create_foreign_key(
        op.f("import_range_import_id_fkey"),
        "import_range",
        "import_job",
        ["import_id"],
        ["import_id"],
    )
    op.create_foreign_key(
        op.f("import_range_org_id_fkey"), "import_range", "organization", ["org_id"], ["org_id"]
    )
    op.create_index(op.f("import_range_org_id_idx"), "import_range", ["org_id"], unique=False)
    op.drop_column("import_range", "work")
    op.drop_column("import_range", "kind")


def restore_import_jobs() -> None:
    op.drop_constraint(op.f("import_job_org_id_dataset_id_fkey"), "import_job", type_="foreignkey")
    op.drop_constraint(op.f("import_job_org_id_location_id_fkey"), "import_job", type_="foreignkey")
    op.create_foreign_key(
        op.f("import_job_location_id_fkey"),
        "import_job",
        "external_location",
        ["location_id"],
        ["location_id"],
    )
    op.create_foreign_key(
        op.f("import_job_org_id_fkey"), "import_job", "organization", ["org_id"], ["org_id"]
    )
    op.create_foreign_key(
        op.f("import_job_dataset_id_fkey"), "import_job", "dataset", ["dataset_id"], ["dataset_id"]
    )
    op.drop_index("import_job_place_idx", table_name="import_job")
    op.drop_constraint(op.f("import_job_org_id_import_id_key"), "import_job", type_="unique")
    op.drop_index(
        "import_job_active_idx",
        table_name="import_job",
        postgresql_where=sa.text("state IN ('queued', 'running', 'paused', 'awaiting_decision')"),
    )
    op.create_index(op.f("import_job_org_id_idx"), "import_job", ["org_id"], unique=False)
    op.create_index(op.f("import_job_dataset_id_idx"), "import_job", ["dataset_id"], unique=False)
    op.create_index(
        op.f("import_job_active_key"),
        "import_job",
        ["dataset_id", "location_id"],
        unique=True,
        postgresql_where="(state = ANY (ARRAY['queued'::text, 'running'::text]))",
    )
    op.drop_column("import_job", "warnings")
    op.drop_column("import_job", "skipped_by_reason")
    op.drop_column("import_job", "applied")
    op.drop_column("import_job", "moved")
    op.drop_column("import_job", "skipped")
    op.drop_column("import_job", "expected")
    op.drop_column("import_job", "phase")
    op.drop_column("import_job", "listing")
    op.drop_column("import_job", "pin_versions")
    op.drop_column("import_job", "max_missing_share")
    op.drop_column("import_job", "plan")
    op.drop_column("import_job", "trigger")
    op.drop_column("import_job", "source")
    op.drop_column("import_job", "filters")


def restore_keys() -> None:
    op.drop_constraint(
        op.f("external_location_org_id_location_id_key"), "external_location", type_="unique"
    )
    op.drop_constraint(op.f("dataset_org_id_dataset_id_key"), "dataset", type_="unique")
    op.drop_column("dataset", "next_sync_at")
    op.drop_column("dataset", "sync_max_missing_share")
    op.drop_column("dataset", "sync_every")
    op.create_foreign_key(
        op.f("asset_dataset_id_fkey"), "asset", "dataset", ["dataset_id"], ["dataset_id"]
    )
    op.create_foreign_key(
        op.f("asset_location_id_fkey"),
        "asset",
        "external_location",
        ["location_id"],
        ["location_id"],
    )
    op.create_index(op.f("asset_location_id_idx"), "asset", ["location_id"], unique=False)
    op.drop_column("asset", "version")
