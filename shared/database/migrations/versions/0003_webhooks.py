"""Webhooks: an outbox of events, and their deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.database.migrations.tenancy import grant, isolate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RIGHTS = {
    "webhook": "SELECT, INSERT, DELETE, UPDATE (url, description, event_types, state,"
    " disabled_because, secret_version, rotated_at)",
    # Who may update some column of a row may lock it.
    "outbox_event": "SELECT, INSERT, DELETE, UPDATE (occurred_at)",
    "webhook_delivery": "SELECT, INSERT, UPDATE (state, tries, attempts, latest_attempts,"
    " next_attempt_at)",
}


def upgrade() -> None:
    create_tables()
    for table, rights in RIGHTS.items():
        isolate(table)
        grant(rights, table)


def create_tables() -> None:
    op.create_table(
        "webhook",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.Column("secret_version", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("state IN ('enabled', 'disabled')", name=op.f("webhook_state_check")),
        sa.CheckConstraint(
            "(state = 'disabled') = (disabled_because IS NOT NULL)"
            " AND disabled_because IN ('asked', 'gone')",
            name=op.f("webhook_disabled_because_check"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("webhook_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("org_id", "webhook_id", name=op.f("webhook_pkey")),
    )
    op.create_table(
        "outbox_event",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("outbox_event_org_id_fkey")
        ),
        sa.PrimaryKeyConstraint("org_id", "event_id", name=op.f("outbox_event_pkey")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "latest_attempts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed')",
            name=op.f("webhook_delivery_state_check"),
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (next_attempt_at IS NOT NULL)",
            name=op.f("webhook_delivery_next_attempt_at_check"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "webhook_id"],
            ["webhook.org_id", "webhook.webhook_id"],
            name=op.f("webhook_delivery_org_id_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "event_id"],
            ["outbox_event.org_id", "outbox_event.event_id"],
            name=op.f("webhook_delivery_org_id_event_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "org_id", "webhook_id", "event_id", name=op.f("webhook_delivery_pkey")
        ),
    )
    op.create_index("webhook_delivery_event_id_idx", "webhook_delivery", ["org_id", "event_id"])
    op.create_index(
        "webhook_delivery_due_idx",
        "webhook_delivery",
        ["org_id", "webhook_id", "next_attempt_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("outbox_event")
    op.drop_table("webhook")
