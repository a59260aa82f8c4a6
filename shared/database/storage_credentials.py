"""Storage credentials: the identities that customers gave us."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, NewId, Table
from shared.errors import NotFoundError

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
"""The columns that each provider's methods need."""

SEALING = (
    "access_key",
    "service_account_key",
    "hmac_key",
    "service_principal",
    "account_key",
    "sas_token",
)
"""The methods that have a secret, until it is erased when the credential is retired."""

_COLUMNS = sorted(
    {column for needed in NEEDED.values() for some in needed.values() for column in some}
)


def _method_check(provider: str, method: str, needed: Sequence[str]) -> str:
    """Say which columns are set, as all of the others are not."""
    rules = [f"{column} IS {'NOT ' if column in needed else ''}NULL" for column in _COLUMNS]
    return f"WHEN '{method}' THEN provider = '{provider}' AND {' AND '.join(rules)}"


METHODS_CHECK = " ".join(
    [
        "CASE method",
        *(
            _method_check(provider, method, needed)
            for provider, methods in NEEDED.items()
            for method, needed in methods.items()
        ),
        "ELSE false END",
    ]
)
SECRET_CHECK = (
    "(sealed_secret IS NULL) = (data_key_id IS NULL) AND (sealed_secret IS NULL) ="
    f" (method NOT IN ({', '.join(map(repr, SEALING))}) OR retired_at IS NOT NULL)"
)


class StorageCredential(Table):
    """One identity. Which columns are set depends on `method` (see the check constraints).

    `external_id` is immutable: the service role may not update that column.
    """

    __tablename__ = "storage_credential"
    __table_args__ = (
        CheckConstraint("provider IN ('s3', 'gs', 'az')", name="provider"),
        CheckConstraint(METHODS_CHECK, name="method"),
        CheckConstraint(SECRET_CHECK, name="secret"),
    )

    credential_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    name: Mapped[str]
    provider: Mapped[str]
    method: Mapped[str]
    role_arn: Mapped[str | None]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    access_key_id: Mapped[str | None]
    endpoint: Mapped[str | None]
    region: Mapped[str | None]
    path_style: Mapped[bool]
    service_account: Mapped[str | None]
    workload_provider: Mapped[str | None]
    tenant_id: Mapped[UUID | None]
    client_id: Mapped[UUID | None]
    account: Mapped[str | None]
    endpoint_suffix: Mapped[str | None]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    data_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("data_key.data_key_id"))
    secret_version: Mapped[int]
    created_at: Mapped[CreatedAt]
    rotated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


async def get_storage_credential(
    session: AsyncSession, credential_id: UUID, *, lock: bool = False
) -> StorageCredential:
    """Return the credential, or raise NotFoundError; `lock` keeps others from changing it."""
    found = await session.get(StorageCredential, credential_id, with_for_update=lock)
    if found is None:
        raise NotFoundError("There is no such storage credential.")
    return found


async def list_storage_credentials(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[StorageCredential]:
    """Return the organization's credentials in order of their ids."""
    query = select(StorageCredential).order_by(StorageCredential.credential_id).limit(limit)
    if after is not None:
        query = query.where(StorageCredential.credential_id > after)
    return (await session.scalars(query)).all()


async def list_credentials_of_tenant(
    session: AsyncSession, tenant_id: UUID
) -> Sequence[StorageCredential]:
    """Return the organization's credentials by an Azure tenant's consent, locked."""
    query = (
        select(StorageCredential)
        .where(
            StorageCredential.method == "tenant_consent", StorageCredential.tenant_id == tenant_id
        )
        .order_by(StorageCredential.credential_id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()
