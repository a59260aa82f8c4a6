"""AzureTenants: which tenants an organization may use Mooring's application in."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import ConsentedTenant
from services.credentials.issuers.entra import NO_APPLICATION
from shared.clock import Clock
from shared.database.azure_tenants import (
    USABLE,
    AzureTenant,
    claim_azure_tenant,
    get_azure_tenant,
    is_azure_tenant_bound,
    list_azure_tenants,
)
from shared.database.sealed_leases import delete_leases_of_credential
from shared.database.session import Database
from shared.database.storage_credentials import list_credentials_of_tenant
from shared.errors import CloudIdentityError, ConflictError, TenantTakenError

log = structlog.get_logger()


class AzureTenants:
    """Keep whose each tenant is: one organization's, unless the operator approves another."""

    def __init__(
        self, database: Database, clock: Clock, *, application: AzureApplication | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._application = application

    async def claim(self, org_id: UUID, tenant_id: UUID, object_id: UUID) -> AzureTenant:
        """Bind a tenant, proved by the sign-in of `object_id`, or raise TenantTakenError."""
        async with self._database.begin(org_id) as session:
            row = await claim_azure_tenant(session, org_id, tenant_id, object_id)
        log.info("tenant claimed", tenant_id=str(tenant_id), state=row.state)
        if row.state not in USABLE:
            raise TenantTakenError(
                "Another organization uses this tenant. The claim is noted: whoever runs Mooring"
                " can approve it.",
                tenant_id=str(tenant_id),
            )
        return row

    async def is_bound(self, org_id: UUID, tenant_id: UUID) -> bool:
        """Say whether the organization may use the tenant."""
        async with self._database.begin(org_id) as session:
            return await is_azure_tenant_bound(session, org_id, tenant_id)

    async def accept(self, org_id: UUID, tenant_id: UUID) -> ConsentedTenant:
        """Return the identity for a tenant that the organization may use.

        Raise ConflictError for one that it may not, and CloudIdentityError.
        """
        if self._application is None:
            raise CloudIdentityError(NO_APPLICATION)
        if not await self.is_bound(org_id, tenant_id):
            raise ConflictError(
                "No administrator of this tenant has connected it to the organization: let one"
                " open the URL of GET /v1/azure/consent-url."
            )
        return ConsentedTenant(tenant_id, self._application.endpoint_suffix)

    async def list(self, org_id: UUID, *, after: UUID | None, limit: int) -> Sequence[AzureTenant]:
        """Return the organization's tenants in order of their ids, pending ones too."""
        async with self._database.begin(org_id) as session:
            return await list_azure_tenants(session, after=after, limit=limit)

    async def approve(self, org_id: UUID, tenant_id: UUID) -> AzureTenant:
        """Let an organization use a tenant that is another's too: the operator's decision.

        One that it may use already stays as it is. Raise NotFoundError without a claim.
        """
        async with self._database.begin(org_id) as session:
            row = await get_azure_tenant(session, org_id, tenant_id)
            if row.state not in USABLE:
                row.state = "approved"
                row.approved_at = self._clock.now()
        return row

    async def release(self, org_id: UUID, tenant_id: UUID) -> None:
        """Forget a tenant: the organization gets nothing more with it. Raise NotFoundError.

        Its credentials count as rotated, so that leases that were given out, or are on the way, and
        reports end.
        """
        async with self._database.begin(org_id) as session:
            await session.delete(await get_azure_tenant(session, org_id, tenant_id))
            for credential in await list_credentials_of_tenant(session, tenant_id):
                credential.secret_version += 1
                credential.rotated_at = self._clock.now()
                await delete_leases_of_credential(session, credential.credential_id)
