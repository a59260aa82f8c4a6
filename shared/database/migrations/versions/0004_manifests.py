"""Manifests that are uploaded, in chunks."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations.tenancy import grant, isolate

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("manifest", "manifest_chunk")


def upgrade() -> None:
    op.create_table(
        "manifest",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "format IN ('csv', 'jsonl', 'text')", name=op.f("manifest_format_check")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("manifest_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("org_id", "manifest_id", name=op.f("manifest_pkey")),
    )
    op.create_table(
        "manifest_chunk",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("manifest_chunk_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "manifest_id", "number", name=op.f("manifest_chunk_pkey")
        ),
    )
    # Much of it is gzip already, and the rest is read once: Postgres need not compress it.
    op.execute("ALTER TABLE manifest_chunk ALTER COLUMN body SET STORAGE EXTERNAL")
    for table in TABLES:
        op.create_index(f"{table}_org_id_expires_at_idx", table, ["org_id", "expires_at"])
        isolate(table)
        grant("SELECT, INSERT, DELETE", table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
