"""The route of previews."""

from fastapi import APIRouter

from services.ingest.api.dependencies import MISSING, IngestDep, Writer
from services.ingest.schemas.previews import NewPreviewBody, PreviewBody
from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    CloudIdentityError,
    CredentialRetiredError,
    EndpointNotAllowedError,
    LeaseExpiredError,
    LocationNotVerifiedError,
    SealBrokenError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
    WrongRegionError,
)
from shared.web import raises

router = APIRouter(prefix="/v1/imports", tags=["imports"])


@router.post(
    "/preview",
    summary="Preview an import",
    responses=raises(
        *MISSING,
        CredentialRetiredError,
        EndpointNotAllowedError,
        LocationNotVerifiedError,
        StorageError,
        StorageDeniedError,
        LeaseExpiredError,
        BucketNotFoundError,
        WrongRegionError,
        BrokenListingError,
        StorageThrottledError,
        StorageUnavailableError,
        CloudIdentityError,
        SealBrokenError,
        VaultUnavailableError,
    ),
)
async def preview_import(body: NewPreviewBody, caller: Writer, ingest: IngestDep) -> PreviewBody:
    """Say what an import would take, from the first 1,000 keys or the first 100 source files.

    Access is verified first, as for an import. Nothing is stored.
    """
    return PreviewBody.of(await ingest.previews.preview(caller.org_id, body.request()))
