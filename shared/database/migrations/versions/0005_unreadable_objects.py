"""Objects that an import has tried, and those that cannot be read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS_BEFORE = ("list", "mark", "read", "file", "sweep", "plan", "apply")
KINDS = (*KINDS_BEFORE, "probe")


def upgrade() -> None:
    """Add what is of no need to the release before; rights to whole tables hold for it too."""
    op.add_column("import_change", sa.Column("unreadable_code", sa.Text(), nullable=True))
    op.add_column("import_change", sa.Column("unreadable_detail", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("import_change_unreadable_check"),
        "import_change",
        "(unreadable_code IS NULL) = (unreadable_detail IS NULL)",
    )
    for name in ("probed", "unreadable"):
        op.add_column(
            "import_job",
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        )
    let_ranges_be(KINDS)


def downgrade() -> None:
    let_ranges_be(KINDS_BEFORE)
    op.drop_column("import_job", "unreadable")
    op.drop_column("import_job", "probed")
    op.drop_constraint(op.f("import_change_unreadable_check"), "import_change", type_="check")
    op.drop_column("import_change", "unreadable_detail")
    op.drop_column("import_change", "unreadable_code")


def let_ranges_be(kinds: tuple[str, ...]) -> None:
    name = op.f("import_range_kind_check")
    op.drop_constraint(name, "import_range", type_="check")
    quoted = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "import_range", f"kind IN ({quoted})")
