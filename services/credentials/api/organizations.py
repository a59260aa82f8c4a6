"""Routes of organizations, for the operator."""

from uuid import UUID

from fastapi import APIRouter

from services.credentials.api.dependencies import CALLER, MISSING, Cursor, Limit, VaultDep
from services.credentials.schemas import (
    MintedApiKeyBody,
    NewApiKeyBody,
    NewOrganizationBody,
    OrganizationBody,
)
from shared.auth import Caller, Operator
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])


@router.post("", status_code=201, summary="Add an organization", responses=raises(*CALLER))
async def create_organization(
    body: NewOrganizationBody, _operator: Operator, vault: VaultDep
) -> OrganizationBody:
    """Add a tenant. This needs the operator's key."""
    return OrganizationBody.of(await vault.organizations.add(body.name, body.hosting))


@router.get("", summary="List organizations", responses=raises(*CALLER))
async def list_organizations(
    _operator: Operator, vault: VaultDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[OrganizationBody]:
    """List all tenants. This needs the operator's key."""
    after = decode_id_cursor(cursor)
    rows = await vault.organizations.list(after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.org_id)
    items = [OrganizationBody.of(row) for row in page]
    return Page[OrganizationBody](items=items, next_cursor=following)


@router.get("/{org_id}", summary="Get an organization", responses=raises(*MISSING))
async def get_organization(org_id: UUID, caller: Caller, vault: VaultDep) -> OrganizationBody:
    """Show a tenant to the operator, or to itself with any of its API keys."""
    return OrganizationBody.of(await vault.organizations.get(caller, org_id))


@router.post(
    "/{org_id}/api-keys",
    status_code=201,
    summary="Mint an organization's API key",
    responses=raises(*MISSING),
)
async def create_organization_api_key(
    org_id: UUID, body: NewApiKeyBody, operator: Operator, vault: VaultDep
) -> MintedApiKeyBody:
    """Mint a tenant's API key, usually its first. This needs the operator's key."""
    minted = await vault.api_keys.mint(
        operator, org_id, name=body.name, scopes=body.scopes, expires_in=body.life
    )
    return MintedApiKeyBody.of(minted)
