"""Consents of Azure's tenants, and the organizations that they belong to."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.tenancy import grant, isolate

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RIGHTS = {
    "azure_consent": "SELECT, INSERT, DELETE, UPDATE (stage, secret_hash, sealed, data_key_id,"
    " expires_at)",
    "azure_tenant": "SELECT, INSERT, DELETE, UPDATE (state, approved_at)",
}


def upgrade() -> None:
    create_tables()
    for table, rights in RIGHTS.items():
        isolate(table)
        grant(rights, table)
    op.execute(
        "CREATE POLICY claimants ON azure_tenant FOR SELECT"
        " USING (tenant_id::text = current_setting('mooring.azure_tenant', true))"
    )


def create_tables() -> None:
    op.create_table(
        "azure_consent",
        sa.Column("consent_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE stage WHEN 'asked' THEN sealed IS NULL AND data_key_id IS NULL"
            " ELSE stage IN ('consented', 'proved')"
            " AND sealed IS NOT NULL AND data_key_id IS NOT NULL END",
            name=op.f("azure_consent_stage_check"),
        ),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_key.data_key_id"], name=op.f("azure_consent_data_key_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("azure_consent_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("azure_consent_pkey")),
    )
    op.create_index(op.f("azure_consent_org_id_idx"), "azure_consent", ["org_id"], unique=False)
    op.create_table(
        "azure_tenant",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('bound', 'pending', 'approved')", name=op.f("azure_tenant_state_check")
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (approved_at IS NOT NULL)",
            name=op.f("azure_tenant_approved_at_check"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("azure_tenant_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("org_id", "tenant_id", name=op.f("azure_tenant_pkey")),
    )
    op.create_index(
        "azure_tenant_bound_idx",
        "azure_tenant",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("state = 'bound'"),
    )


def downgrade() -> None:
    op.drop_table("azure_tenant")
    op.drop_table("azure_consent")
