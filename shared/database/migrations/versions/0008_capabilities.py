"""What a location's S3-compatible store was found to do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that the vault may write, and that the release before does not need."""
    op.add_column(
        "external_location",
        sa.Column("capabilities", postgresql.JSONB(none_as_null=True), nullable=True),
    )
    op.execute("GRANT UPDATE (capabilities) ON external_location TO mooring_service")


def downgrade() -> None:
    """Drop the column, and the right to it with it."""
    op.drop_column("external_location", "capabilities")
