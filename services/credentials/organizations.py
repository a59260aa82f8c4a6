"""Organizations: the operator makes them; each sees itself."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from shared.auth import Principal
from shared.database.organizations import Organization, get_organization, list_organizations
from shared.database.session import Database
from shared.errors import NotFoundError


class Organizations:
    """Add and show tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str, hosting: str) -> Organization:
        """Make an organization; the scope of its transaction needs its id beforehand."""
        organization = Organization(org_id=uuid4(), name=name, hosting=hosting)
        async with self._database.begin(organization.org_id) as session:
            session.add(organization)
        return organization

    async def list(self, *, after: UUID | None, limit: int) -> Sequence[Organization]:
        """Return organizations in order of their ids."""
        async with self._database.begin_as_operator() as session:
            return await list_organizations(session, after=after, limit=limit)

    async def get(self, caller: Principal, org_id: UUID) -> Organization:
        """Return an organization to the operator or to itself; to others it does not exist."""
        if not caller.is_operator and caller.org_id != org_id:
            raise NotFoundError("There is no such organization.")
        async with self._database.begin(org_id) as session:
            return await get_organization(session, org_id)
