"""Storage credentials of Google Cloud Storage and of Azure Blob Storage."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS = ("service_account", "workload_provider", "account", "endpoint_suffix")
IDS = ("tenant_id", "client_id")
ROTATED = "service_account, workload_provider"  # the others are for good

NEEDED = {
    "s3": {
        "assume_role": ("role_arn", "external_id"),
        "organization_role": ("role_arn",),
        "access_key": ("access_key_id", "endpoint", "region"),
    },
    "gs": {
        "service_account_grant": ("service_account",),
        "workload_identity": ("service_account", "workload_provider"),
        "service_account_key": ("service_account", "access_key_id"),
        "hmac_key": ("access_key_id",),
    },
    "az": {
        "tenant_consent": ("tenant_id", "endpoint_suffix"),
        "service_principal": ("tenant_id", "client_id", "endpoint_suffix"),
        "account_key": ("account", "endpoint_suffix"),
        "sas_token": ("account", "endpoint_suffix"),
    },
}
SEALING = (
    "access_key",
    "service_account_key",
    "hmac_key",
    "service_principal",
    "account_key",
    "sas_token",
)
METHODS_BEFORE = (
    "CASE method"
    " WHEN 'assume_role' THEN role_arn IS NOT NULL AND external_id IS NOT NULL"
    " AND sealed_secret IS NULL AND endpoint IS NULL"
    " WHEN 'organization_role' THEN role_arn IS NOT NULL AND external_id IS NULL"
    " AND sealed_secret IS NULL AND endpoint IS NULL"
    " WHEN 'access_key' THEN access_key_id IS NOT NULL AND endpoint IS NOT NULL"
    " AND region IS NOT NULL AND external_id IS NULL"
    " AND (sealed_secret IS NULL) = (data_key_id IS NULL)"
    " AND (sealed_secret IS NULL) = (retired_at IS NOT NULL)"
    " ELSE false END"
)


def upgrade() -> None:
    """Add columns, and forget leases, whose form is another now."""
    for name in TEXTS:
        op.add_column("storage_credential", sa.Column(name, sa.Text(), nullable=True))
    for name in IDS:
        op.add_column("storage_credential", sa.Column(name, sa.Uuid(), nullable=True))
    replace_check("provider", "provider IN ('s3', 'gs', 'az')")
    replace_check("method", methods_check())
    op.create_check_constraint(
        op.f("storage_credential_secret_check"), "storage_credential", secret_check()
    )
    op.execute(f"GRANT UPDATE ({ROTATED}) ON storage_credential TO mooring_service")
    forget_leases()


def downgrade() -> None:
    """Take the columns away, and with them the rights; refuse while there are such credentials."""
    forget_leases()
    op.drop_constraint(op.f("storage_credential_secret_check"), "storage_credential", type_="check")
    replace_check("method", METHODS_BEFORE)
    replace_check("provider", "provider IN ('s3')")
    for name in (*IDS, *TEXTS):
        op.drop_column("storage_credential", name)


def replace_check(name: str, condition: str) -> None:
    constraint = op.f(f"storage_credential_{name}_check")
    op.drop_constraint(constraint, "storage_credential", type_="check")
    op.create_check_constraint(constraint, "storage_credential", condition)


def methods_check() -> str:
    columns = sorted(
        {each for some in NEEDED.values() for needed in some.values() for each in needed}
    )
    cases = [
        f"WHEN '{method}' THEN provider = '{provider}' AND "
        + " AND ".join(f"{each} IS {'NOT ' if each in needed else ''}NULL" for each in columns)
        for provider, methods in NEEDED.items()
        for method, needed in methods.items()
    ]
    return f"CASE method {' '.join(cases)} ELSE false END"


def secret_check() -> str:
    return (
        "(sealed_secret IS NULL) = (data_key_id IS NULL) AND (sealed_secret IS NULL) ="
        f" (method NOT IN ({', '.join(map(repr, SEALING))}) OR retired_at IS NOT NULL)"
    )


def forget_leases() -> None:
    """Let every row be seen, also by an owner whom the policies bind."""
    op.execute("ALTER TABLE sealed_lease NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM sealed_lease")
    op.execute("ALTER TABLE sealed_lease FORCE ROW LEVEL SECURITY")
