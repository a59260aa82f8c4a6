"""Routes of storage credentials and their setup kits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.credentials.api.dependencies import (
    CALLER,
    CHANGING,
    CLOUD,
    KIT,
    MISSING,
    CredentialsReader,
    CredentialsWriter,
    Cursor,
    KeyArns,
    Limit,
    VaultDep,
)
from services.credentials.aws_schemas import (
    NewAccessKeyBody,
    NewAssumeRoleBody,
    NewOrganizationRoleBody,
    RotateAccessKeyBody,
    RotateRoleBody,
)
from services.credentials.azure_schemas import (
    NewAzureCredentialBody,
    NewTenantConsentBody,
    RotateAccountKeyBody,
    RotateAzureCredentialBody,
    RotateSasTokenBody,
    RotateServicePrincipalBody,
)
from services.credentials.credential_schemas import (
    CredentialBody,
    NewCredentialBody,
    RetireCredentialBody,
    RotateCredentialBody,
    SetupKitBody,
)
from services.credentials.gcs_schemas import (
    NewGcsCredentialBody,
    NewServiceAccountGrantBody,
    NewWorkloadIdentityBody,
    RotateGcsCredentialBody,
    RotateWorkloadIdentityBody,
)
from services.credentials.identities import StoredIdentity, store_identity
from services.credentials.issuers.base import Identity, OrganizationServiceAccount
from services.credentials.locations import MOST_ORIGINS
from services.credentials.vault import Vault
from shared.database.storage_credentials import StorageCredential
from shared.errors import (
    CloudIdentityError,
    ConflictError,
    LocationNotVerifiedError,
    SealBrokenError,
)
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1/credentials", tags=["credentials"])

Uri = Annotated[
    str,
    Query(
        max_length=2_400,
        description="Where: `s3://bucket/prefix/`, `gs://…` or `az://account/container/…`.",
    ),
]
Origin = Annotated[
    list[str],
    Query(max_length=MOST_ORIGINS, description="A browser origin; repeat it for several."),
]


@router.post(
    "",
    status_code=201,
    summary="Add a storage credential",
    responses=raises(*CALLER, ConflictError, CloudIdentityError, SealBrokenError),
)
async def create_credential(
    body: NewCredentialBody, caller: CredentialsWriter, vault: VaultDep
) -> CredentialBody:
    """Add the identity with which Mooring reaches buckets. Its setup kit says what comes next."""
    return CredentialBody.of(await _add(body, caller.org_id, vault))


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
    responses=raises(*KIT),
)
async def get_setup_kit(
    credential_id: UUID,
    uri: Uri,
    caller: CredentialsReader,
    vault: VaultDep,
    *,
    origin: Origin = [],  # noqa: B006 (FastAPI copies defaults)
    kms_key_arn: KeyArns = [],  # noqa: B006
) -> SetupKitBody:
    """Return what the customer pastes so that this credential reaches the location."""
    kit = await vault.kits.make(
        caller.org_id, credential_id, uri=uri, origins=origin, key_arns=kms_key_arn
    )
    return SetupKitBody.of(kit)


@router.post(
    "/{credential_id}/rotate",
    summary="Rotate a storage credential",
    responses=raises(*CHANGING, LocationNotVerifiedError, *CLOUD, SealBrokenError),
)
async def rotate_credential(
    credential_id: UUID, body: RotateCredentialBody, caller: CredentialsWriter, vault: VaultDep
) -> CredentialBody:
    """Replace the role or the keys. The ExternalId stays; imports verify access anew.

    While locations are attached, a role or a service account is refused that others could name as
    theirs.
    """
    if isinstance(body, RotateRoleBody):
        row = await vault.rotations.rotate_role(caller.org_id, credential_id, body.role_arn)
    else:
        seen = await vault.credentials.get(caller.org_id, credential_id)
        if isinstance(body, RotateWorkloadIdentityBody):
            vault.service_accounts.require_foreign(body.service_account)
        new = _replacement(body, seen.account or "")
        row = await vault.rotations.rotate(caller.org_id, credential_id, new)
    return CredentialBody.of(row)


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


async def _add(body: NewCredentialBody, org_id: UUID, vault: Vault) -> StorageCredential:
    credentials = vault.credentials
    match body:
        case NewAssumeRoleBody():
            return await credentials.add_customer_role(org_id, body.name, body.role_arn)
        case NewOrganizationRoleBody():
            return await credentials.add_organization_role(org_id, body.name)
        case NewAccessKeyBody():
            return await credentials.add_access_key(org_id, body.name, body.identity)
        case _:
            return await credentials.add(org_id, body.name, await _accept(body, org_id, vault))


async def _accept(
    body: NewGcsCredentialBody | NewAzureCredentialBody, org_id: UUID, vault: Vault
) -> Identity:
    """Return the identity that a body names, made or found to be the organization's to name."""
    match body:
        case NewServiceAccountGrantBody():
            return OrganizationServiceAccount(await vault.service_accounts.keep(org_id))
        case NewTenantConsentBody():
            return await vault.azure_tenants.accept(org_id, body.tenant_id)
        case NewWorkloadIdentityBody():
            vault.service_accounts.require_foreign(body.service_account)
    return body.identity


def _replacement(
    body: RotateAccessKeyBody | RotateGcsCredentialBody | RotateAzureCredentialBody, account: str
) -> StoredIdentity:
    """Return what replaces a secret, of Azure's for one storage `account`."""
    match body:
        case RotateAccessKeyBody() | RotateServicePrincipalBody() | RotateAccountKeyBody():
            return body.new
        case RotateSasTokenBody():
            return body.new_for(account)
        case _:
            return store_identity(body.identity)
