"""Routes of Azure's tenants: consent, sign-in, and whose they are.

Entra and a button lead browsers to three of them. Those are for no client of the API, so that its
description does not have them.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.credentials.api.dependencies import (
    CALLER,
    MISSING,
    CredentialsReader,
    CredentialsWriter,
    Cursor,
    Limit,
)
from services.credentials.api.pages import HEADERS, connected_page, question_page
from services.credentials.azure_schemas import AzureTenantBody, ConsentUrlBody
from services.credentials.azure_tenants import AzureTenants
from services.credentials.consent import AzureConsents
from shared.auth import Operator
from shared.errors import CloudIdentityError
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(tags=["azure"])

State = Annotated[str, Query(max_length=200)]
Code = Annotated[str | None, Query(max_length=8_192)]
Told = Annotated[str | None, Query(max_length=8_192)]


def get_consents(request: Request) -> AzureConsents:
    """Return the consents of this application's vault."""
    consents: AzureConsents = request.app.state.vault.azure_consents
    return consents


def get_tenants(request: Request) -> AzureTenants:
    """Return the Azure tenants of this application's vault."""
    tenants: AzureTenants = request.app.state.vault.azure_tenants
    return tenants


ConsentsDep = Annotated[AzureConsents, Depends(get_consents)]
TenantsDep = Annotated[AzureTenants, Depends(get_tenants)]


@router.get(
    "/v1/azure/consent-url",
    summary="Get a consent URL",
    responses=raises(*CALLER, CloudIdentityError),
)
async def get_azure_consent_url(caller: CredentialsWriter, consents: ConsentsDep) -> ConsentUrlBody:
    """Make a link for an administrator of the customer's tenant, to be opened once.

    It leads through the consent to Mooring's application and a sign-in, which proves the tenant;
    then the administrator is asked whether this organization may use it.
    """
    url, link = await consents.begin(caller.org_id)
    return ConsentUrlBody(url=url, expires_at=link.expires_at)


@router.get(
    "/v1/azure/consent-callback",
    summary="Come back from a consent",
    status_code=303,
    response_class=RedirectResponse,
    include_in_schema=False,
)
async def follow_azure_consent(
    consents: ConsentsDep, state: State, error: Told = None, error_description: Told = None
) -> RedirectResponse:
    """Send the administrator's browser on to sign in. Entra leads it here."""
    url = await consents.consent(state, error=error, description=error_description)
    return RedirectResponse(url, status_code=303)


@router.get(
    "/v1/azure/signed-in",
    summary="Come back from a sign-in",
    response_class=HTMLResponse,
    include_in_schema=False,
)
async def follow_azure_sign_in(
    consents: ConsentsDep,
    state: State,
    code: Code = None,
    error: Told = None,
    error_description: Told = None,
) -> HTMLResponse:
    """Ask the administrator whether the organization may use their tenant. Entra leads here."""
    proved = await consents.sign_in(state, code=code, error=error, description=error_description)
    page = question_page(proved.tenant_id, proved.organization, proved.link.state)
    return HTMLResponse(page, headers=HEADERS)


@router.post(
    "/v1/azure/confirm",
    summary="Connect the tenant of a sign-in",
    response_class=HTMLResponse,
    include_in_schema=False,
)
async def confirm_azure_tenant(consents: ConsentsDep, state: State) -> HTMLResponse:
    """Connect the administrator's tenant to the organization. Their button leads here."""
    connected = await consents.confirm(state)
    page = connected_page(connected.tenant_id, connected.organization)
    return HTMLResponse(page, headers=HEADERS)


@router.get("/v1/azure/tenants", summary="List Azure tenants", responses=raises(*CALLER))
async def list_azure_tenants(
    caller: CredentialsReader,
    tenants: TenantsDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AzureTenantBody]:
    """List the tenants that administrators connected to the organization, pending ones too."""
    after = decode_id_cursor(cursor)
    rows = await tenants.list(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.tenant_id)
    items = [AzureTenantBody.of(row) for row in page]
    return Page[AzureTenantBody](items=items, next_cursor=following)


@router.delete(
    "/v1/azure/tenants/{tenant_id}",
    status_code=204,
    summary="Release an Azure tenant",
    responses=raises(*MISSING),
)
async def release_azure_tenant(
    tenant_id: UUID, caller: CredentialsWriter, tenants: TenantsDep
) -> None:
    """Give the tenant up. Nothing more is leased with it; URLs that are out end within a day."""
    await tenants.release(caller.org_id, tenant_id)


@router.post(
    "/v1/organizations/{org_id}/azure-tenants/{tenant_id}/approve",
    summary="Approve a second organization of a tenant",
    responses=raises(*MISSING),
)
async def approve_azure_tenant(
    org_id: UUID, tenant_id: UUID, _operator: Operator, tenants: TenantsDep
) -> AzureTenantBody:
    """Let an organization use a tenant that another one uses. This needs the operator's key."""
    return AzureTenantBody.of(await tenants.approve(org_id, tenant_id))
