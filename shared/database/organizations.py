"""Organizations: the tenants."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from shared.database.base import CreatedAt, NewId, Table
from shared.errors import NotFoundError


class Organization(Table):
    """One tenant. `hosting` is the default of its datasets: `self_hosted` or `copied`."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("hosting IN ('self_hosted', 'copied')", name="hosting"),)

    org_id: Mapped[NewId]
    name: Mapped[str]
    hosting: Mapped[str]
    created_at: Mapped[CreatedAt]


async def get_organization(session: AsyncSession, org_id: UUID) -> Organization:
    """Return the organization, or raise NotFoundError."""
    found = await session.get(Organization, org_id)
    if found is None:
        raise NotFoundError("There is no such organization.")
    return found


async def list_organizations(
    session: AsyncSession, *, after: UUID | None, limit: int
) -> Sequence[Organization]:
    """Return organizations in order of their ids; needs the operator's scope."""
    query = select(Organization).order_by(Organization.org_id).limit(limit)
    if after is not None:
        query = query.where(Organization.org_id > after)
    return (await session.scalars(query)).all()
