"""Azure tenants: which tenant belongs to which organization, by a proven sign-in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import CreatedAt, Table
from shared.errors import NotFoundError

USABLE = ("bound", "approved")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:tenant_id, 0))")
_SHOW = text("SELECT set_config('mooring.azure_tenant', :tenant_id, true)")
"""Let a transaction see all claims of one tenant, as the policy `claimants` says."""


class AzureTenant(Table):
    """A tenant of one organization. `object_id` is whose sign-in in the tenant proved it.

    One organization at most has a tenant `bound`: the index says so across all of them. While it
    has, or the operator made another's claim `approved`, the claims of more are `pending`.
    """

    __tablename__ = "azure_tenant"
    __table_args__ = (
        CheckConstraint("state IN ('bound', 'pending', 'approved')", name="state"),
        CheckConstraint(
            "(state = 'approved') = (approved_at IS NOT NULL)",
            name="approved_at",
        ),
        Index(
            "azure_tenant_bound_idx",
            "tenant_id",
            unique=True,
            postgresql_where=text("state = 'bound'"),
        ),
    )

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    object_id: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    approved_at: Mapped[datetime | None]


async def claim_azure_tenant(
    session: AsyncSession, org_id: UUID, tenant_id: UUID, object_id: UUID
) -> AzureTenant:
    """Bind a tenant, or note the claim as pending when another organization has it.

    A tenant that this organization may use already stays as it is; a claim that was pending is made
    anew, since the other organization may have given the tenant up.
    """
    await session.execute(
        delete(AzureTenant).where(
            AzureTenant.org_id == org_id,
            AzureTenant.tenant_id == tenant_id,
            AzureTenant.state == "pending",
        )
    )
    state = "pending" if await _is_taken(session, org_id, tenant_id) else "bound"
    query = (
        insert(AzureTenant)
        .values(org_id=org_id, tenant_id=tenant_id, state=state, object_id=object_id)
        .on_conflict_do_nothing(index_elements=["org_id", "tenant_id"])
    )
    await session.execute(query)
    return await get_azure_tenant(session, org_id, tenant_id)


async def _is_taken(session: AsyncSession, org_id: UUID, tenant_id: UUID) -> bool:
    """Say whether another organization may use the tenant; no claim of it is made meanwhile."""
    await session.execute(_LOCK, {"tenant_id": str(tenant_id)})
    await session.execute(_SHOW, {"tenant_id": str(tenant_id)})
    others = select(AzureTenant.org_id).where(
        AzureTenant.org_id != org_id,
        AzureTenant.tenant_id == tenant_id,
        AzureTenant.state.in_(USABLE),
    )
    found = (await session.scalars(others.limit(1))).first()
    await session.execute(_SHOW, {"tenant_id": ""})
    return found is not None


async def get_azure_tenant(session: AsyncSession, org_id: UUID, tenant_id: UUID) -> AzureTenant:
    """Return the organization's tenant in any state, or raise NotFoundError."""
    found = await session.get(AzureTenant, (org_id, tenant_id), with_for_update=True)
    if found is None:
        raise NotFoundError("The organization has no such tenant.")
    return found


async def is_azure_tenant_bound(session: AsyncSession, org_id: UUID, tenant_id: UUID) -> bool:
    """Say whether the organization may use the tenant."""
    found = await session.get(AzureTenant, (org_id, tenant_id))
    return found is not None and found.state in USABLE


async def list_azure_tenants(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[AzureTenant]:
    """Return the organization's tenants in order of their ids."""
    query = select(AzureTenant).order_by(AzureTenant.tenant_id).limit(limit)
    if after is not None:
        query = query.where(AzureTenant.tenant_id > after)
    return (await session.scalars(query)).all()
