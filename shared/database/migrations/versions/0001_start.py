"""The first schema: tables, row-level security, the service role's rights, the queue."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TABLES = (
    "idempotency_key",
    "organization",
    "api_key",
    "data_key",
    "dataset",
    "storage_credential",
    "external_location",
    "access_report",
    "asset",
    "import_job",
    "sealed_lease",
    "import_range",
    "import_source_file",
    "rejected_key",
)

# What the service role may do. It never updates an ExternalId: that one is immutable.
RIGHTS = {
    "organization": "SELECT, INSERT, UPDATE (name, hosting)",
    "api_key": "SELECT, INSERT, UPDATE (revoked_at)",
    "data_key": "SELECT, INSERT",
    "storage_credential": "SELECT, INSERT, UPDATE (name, role_arn, access_key_id, sealed_secret,"
    " data_key_id, secret_version, rotated_at, retired_at)",
    "external_location": "SELECT, INSERT, UPDATE (name, region, origins, detached_at)",
    "access_report": "SELECT, INSERT",
    "sealed_lease": "SELECT, INSERT, UPDATE, DELETE",
    "dataset": "SELECT, INSERT, UPDATE (name)",
    "import_job": "SELECT, INSERT, UPDATE",
    "import_range": "SELECT, INSERT, UPDATE",
    "import_source_file": "SELECT, INSERT",
    "rejected_key": "SELECT, INSERT",
    "asset": "SELECT, INSERT, UPDATE",
    "idempotency_key": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    create_tables()
    for table, rights in RIGHTS.items():
        isolate(table)
        op.execute(f"GRANT {rights} ON {table} TO mooring_service")
    op.execute(
        "CREATE POLICY operator ON organization FOR SELECT"
        " USING (current_setting('mooring.operator', true) = 'on')"
    )
    create_queue()


def isolate(table: str) -> None:
    """Show and take rows of the transaction's organization only; after it the setting is ''."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY organization ON {table}"
        " USING (org_id = nullif(current_setting('mooring.org_id', true), '')::uuid)"
    )


def create_queue() -> None:
    """Install procrastinate's tables and functions in a schema of their own."""
    op.execute("CREATE SCHEMA procrastinate")
    op.execute("SET LOCAL search_path TO procrastinate, public")
    cursor = op.get_bind().connection.cursor()  # its percent signs are no parameters of ours
    cursor.execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path TO public")
    op.execute("GRANT USAGE ON SCHEMA procrastinate TO mooring_service")
    op.execute("GRANT ALL ON ALL TABLES IN SCHEMA procrastinate TO mooring_service")
    op.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA procrastinate TO mooring_service")


def create_tables() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "route", "key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index(
        "idempotency_key_org_id_created_at_idx",
        "idempotency_key",
        ["org_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "organization",
        sa.Column("org_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hosting", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "hosting IN ('self_hosted', 'copied')", name=op.f("organization_hosting_check")
        ),
        sa.PrimaryKeyConstraint("org_id", name=op.f("organization_pkey")),
    )
    op.create_table(
        "api_key",
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("api_key_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("api_key_id", name=op.f("api_key_pkey")),
    )
    op.create_index(op.f("api_key_org_id_idx"), "api_key", ["org_id"], unique=False)
    op.create_table(
        "data_key",
        sa.Column("data_key_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("key_encryption_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("data_key_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("data_key_id", name=op.f("data_key_pkey")),
    )
    op.create_index(op.f("data_key_org_id_idx"), "data_key", ["org_id"], unique=False)
    op.create_table(
        "dataset",
        sa.Column("dataset_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hosting", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "hosting IN ('self_hosted', 'copied')", name=op.f("dataset_hosting_check")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("dataset_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("dataset_pkey")),
        sa.UniqueConstraint("org_id", "name", name=op.f("dataset_org_id_name_key")),
    )
    op.create_table(
        "storage_credential",
        sa.Column("credential_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("role_arn", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("access_key_id", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("path_style", sa.Boolean(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "CASE method"
            " WHEN 'assume_role' THEN role_arn IS NOT NULL AND external_id IS NOT NULL"
            " AND sealed_secret IS NULL AND endpoint IS NULL"
            " WHEN 'organization_role' THEN role_arn IS NOT NULL AND external_id IS NULL"
            " AND sealed_secret IS NULL AND endpoint IS NULL"
            " WHEN 'access_key' THEN access_key_id IS NOT NULL AND endpoint IS NOT NULL"
            " AND region IS NOT NULL AND external_id IS NULL"
            " AND (sealed_secret IS NULL) = (data_key_id IS NULL)"
            " AND (sealed_secret IS NULL) = (retired_at IS NOT NULL)"
            " ELSE false END",
            name=op.f("storage_credential_method_check"),
        ),
        sa.CheckConstraint("provider IN ('s3')", name=op.f("storage_credential_provider_check")),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_key.data_key_id"],
            name=op.f("storage_credential_data_key_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("storage_credential_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("storage_credential_pkey")),
        sa.UniqueConstraint("external_id", name=op.f("storage_credential_external_id_key")),
    )
    op.create_index(
        op.f("storage_credential_org_id_idx"), "storage_credential", ["org_id"], unique=False
    )
    op.create_table(
        "external_location",
        sa.Column("location_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(collation="C"), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("origins", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["storage_credential.credential_id"],
            name=op.f("external_location_credential_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("external_location_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("external_location_pkey")),
    )
    op.create_index(
        "external_location_attached_key",
        "external_location",
        ["org_id", "credential_id", "bucket", "prefix"],
        unique=True,
        postgresql_where=sa.text("detached_at IS NULL"),
    )
    op.create_index(
        op.f("external_location_credential_id_idx"),
        "external_location",
        ["credential_id"],
        unique=False,
    )
    op.create_index(
        op.f("external_location_org_id_idx"), "external_location", ["org_id"], unique=False
    )
    op.create_table(
        "access_report",
        sa.Column("report_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("access_report_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("access_report_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("access_report_pkey")),
    )
    op.create_index(
        op.f("access_report_location_id_idx"), "access_report", ["location_id"], unique=False
    )
    op.create_index(op.f("access_report_org_id_idx"), "access_report", ["org_id"], unique=False)
    op.create_table(
        "asset",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storage_class", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('available', 'archived', 'missing')", name=op.f("asset_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.dataset_id"], name=op.f("asset_dataset_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["external_location.location_id"], name=op.f("asset_location_id_fkey")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "asset_id", name=op.f("asset_pkey")),
        sa.UniqueConstraint(
            "dataset_id", "location_id", "key", name=op.f("asset_dataset_id_location_id_key_key")
        ),
    )
    op.create_index("asset_location_id_idx", "asset", ["location_id"], unique=False)
    op.create_table(
        "import_job",
        sa.Column("import_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(collation="C"), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("source_files", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("listed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("added", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("restored", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("missing", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("archived", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "rejected_by_code",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('reference')", name=op.f("import_job_mode_check")),
        sa.CheckConstraint(
            "selection IN ('prefix', 'source_files')", name=op.f("import_job_selection_check")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("import_job_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.dataset_id"], name=op.f("import_job_dataset_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("import_job_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("import_job_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("import_job_pkey")),
    )
    op.create_index(op.f("import_job_dataset_id_idx"), "import_job", ["dataset_id"], unique=False)
    op.create_index(op.f("import_job_org_id_idx"), "import_job", ["org_id"], unique=False)
    op.create_index(
        "import_job_active_key",
        "import_job",
        ["dataset_id", "location_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "sealed_lease",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=False),
        sa.Column("credential_version", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_key.data_key_id"], name=op.f("sealed_lease_data_key_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["external_location.location_id"],
            name=op.f("sealed_lease_location_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("sealed_lease_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("location_id", "operation", name=op.f("sealed_lease_pkey")),
    )
    op.create_index(op.f("sealed_lease_org_id_idx"), "sealed_lease", ["org_id"], unique=False)
    op.create_table(
        "import_range",
        sa.Column("range_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("lower", sa.Text(collation="C"), nullable=True),
        sa.Column("upper", sa.Text(collation="C"), nullable=True),
        sa.Column("cursor", sa.Text(collation="C"), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("import_range_state_check")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_job.import_id"], name=op.f("import_range_import_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("import_range_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("range_id", name=op.f("import_range_pkey")),
    )
    op.create_index(op.f("import_range_import_id_idx"), "import_range", ["import_id"], unique=False)
    op.create_index(op.f("import_range_org_id_idx"), "import_range", ["org_id"], unique=False)
    op.create_table(
        "import_source_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_job.import_id"], name=op.f("import_source_file_import_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("import_source_file_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("import_id", "key", name=op.f("import_source_file_pkey")),
    )
    op.create_index(
        op.f("import_source_file_org_id_idx"), "import_source_file", ["org_id"], unique=False
    )
    op.create_table(
        "rejected_key",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.dataset_id"], name=op.f("rejected_key_dataset_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_job.import_id"], name=op.f("rejected_key_import_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("rejected_key_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "import_id", "key", name=op.f("rejected_key_pkey")),
    )
    op.create_index(op.f("rejected_key_org_id_idx"), "rejected_key", ["org_id"], unique=False)


def downgrade() -> None:
    op.execute("DROP SCHEMA procrastinate CASCADE")
    for table in reversed(TABLES):
        op.drop_table(table)
