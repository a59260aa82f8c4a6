"""Routes of API keys, for an organization's own."""

from uuid import UUID

from fastapi import APIRouter

from services.credentials.api.dependencies import (
    CALLER,
    MISSING,
    Cursor,
    KeysWriter,
    Limit,
    VaultDep,
)
from services.credentials.schemas import ApiKeyBody, MintedApiKeyBody, NewApiKeyBody
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1/api-keys", tags=["api-keys"])


@router.post("", status_code=201, summary="Mint an API key", responses=raises(*CALLER))
async def create_api_key(
    body: NewApiKeyBody, caller: KeysWriter, vault: VaultDep
) -> MintedApiKeyBody:
    """Mint a key with some of the scopes that the calling key has. It is shown this once.

    A key that expires mints only keys that expire no later.
    """
    minted = await vault.api_keys.mint(
        caller, caller.org_id, name=body.name, scopes=body.scopes, expires_in=body.life
    )
    return MintedApiKeyBody.of(minted)


@router.get("", summary="List API keys", responses=raises(*CALLER))
async def list_api_keys(
    caller: KeysWriter, vault: VaultDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[ApiKeyBody]:
    """List the organization's keys, revoked and expired ones too."""
    after = decode_id_cursor(cursor)
    rows = await vault.api_keys.list(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.api_key_id)
    return Page[ApiKeyBody](items=[ApiKeyBody.of(row) for row in page], next_cursor=following)


@router.delete(
    "/{api_key_id}", status_code=204, summary="Revoke an API key", responses=raises(*MISSING)
)
async def revoke_api_key(api_key_id: UUID, caller: KeysWriter, vault: VaultDep) -> None:
    """Make a key useless at once, even the calling one."""
    await vault.api_keys.revoke(caller.org_id, api_key_id)
