"""Routes of storage credentials and their setup kits."""

from typing import Annotated, assert_never
from uuid import UUID

from fastapi import APIRouter, Query

from services.credentials.api.dependencies import (
    CALLER,
    CHANGING,
    MISSING,
    OPENING,
    CredentialsReader,
    CredentialsWriter,
    Cursor,
    Limit,
    VaultDep,
)
from services.credentials.locations import MOST_ORIGINS
from services.credentials.schemas import (
    CredentialBody,
    NewAccessKeyBody,
    NewAssumeRoleBody,
    NewCredentialBody,
    NewOrganizationRoleBody,
    RetireCredentialBody,
    RotateCredentialBody,
    SetupKitBody,
)
from shared.errors import CloudIdentityError, SealBrokenError
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1/credentials", tags=["credentials"])

Uri = Annotated[str, Query(max_length=1_200, description="Where: `s3://bucket/prefix/`.")]
Origin = Annotated[
    list[str],
    Query(max_length=MOST_ORIGINS, description="A browser origin; repeat it for several."),
]


@router.post(
    "",
    status_code=201,
    summary="Add a storage credential",
    responses=raises(*CALLER, CloudIdentityError, SealBrokenError),
)
async def create_credential(
    body: NewCredentialBody, caller: CredentialsWriter, vault: VaultDep
) -> CredentialBody:
    """Add the identity with which Mooring reaches buckets. Its setup kit says what comes next."""
    match body:
        case NewAssumeRoleBody():
            row = await vault.credentials.add_customer_role(caller.org_id, body.name, body.role_arn)
        case NewOrganizationRoleBody():
            row = await vault.credentials.add_organization_role(caller.org_id, body.name)
        case NewAccessKeyBody():
            row = await vault.credentials.add_access_key(caller.org_id, body.name, body.access_key)
        case _:
            assert_never(body)
    return CredentialBody.of(row)


@router.get("", summary="List storage credentials", responses=raises(*CALLER))
async def list_credentials(
    caller: CredentialsReader, vault: VaultDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[CredentialBody]:
    """List the organization's credentials, retired ones too."""
    after = decode_id_cursor(cursor)
    rows = await vault.credentials.list(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.credential_id)
    items = [CredentialBody.of(row) for row in page]
    return Page[CredentialBody](items=items, next_cursor=following)


@router.get("/{credential_id}", summary="Get a storage credential", responses=raises(*MISSING))
async def get_credential(
    credential_id: UUID, caller: CredentialsReader, vault: VaultDep
) -> CredentialBody:
    """Show a credential without its secret."""
    return CredentialBody.of(await vault.credentials.get(caller.org_id, credential_id))


@router.get(
    "/{credential_id}/setup",
    summary="Get a setup kit",
    responses=raises(*MISSING, *OPENING, CloudIdentityError),
)
async def get_setup_kit(
    credential_id: UUID,
    uri: Uri,
    caller: CredentialsReader,
    vault: VaultDep,
    origin: Origin = [],  # noqa: B006 (FastAPI copies defaults)
) -> SetupKitBody:
    """Return what the customer pastes so that this credential reaches the location."""
    kit = await vault.kits.make(caller.org_id, credential_id, uri=uri, origins=origin)
    return SetupKitBody.of(kit)


@router.post(
    "/{credential_id}/rotate",
    summary="Rotate a storage credential",
    responses=raises(*CHANGING, CloudIdentityError, SealBrokenError),
)
async def rotate_credential(
    credential_id: UUID, body: RotateCredentialBody, caller: CredentialsWriter, vault: VaultDep
) -> CredentialBody:
    """Replace the role or the keys. The ExternalId stays; imports verify access anew."""
    return CredentialBody.of(await vault.credentials.rotate(caller.org_id, credential_id, body.new))


@router.post(
    "/{credential_id}/retire", summary="Retire a storage credential", responses=raises(*CHANGING)
)
async def retire_credential(
    credential_id: UUID, body: RetireCredentialBody, caller: CredentialsWriter, vault: VaultDep
) -> CredentialBody:
    """Give out nothing with this credential any more, and erase its secret. It cannot come back.

    While external locations use it this is refused, unless they are detached with it.
    """
    row = await vault.credentials.retire(
        caller.org_id, credential_id, detach_locations=body.detach_locations
    )
    return CredentialBody.of(row)
