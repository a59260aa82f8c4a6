"""Routes of presigned URLs."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse

from services.presign.presigner import Presigner
from services.presign.schemas import (
    DEFAULT_SECONDS,
    LEAST_SECONDS,
    MOST_SECONDS,
    NewPresignedUrlsBody,
    PresignedUrlBody,
    PresignedUrlsBody,
)
from shared.auth import Principal, Requires, Scope
from shared.errors import (
    AssetNotViewableError,
    CredentialRetiredError,
    DatabaseUnavailableError,
    ForbiddenError,
    NotFoundError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    UnauthorizedError,
    UrlsNotSignableError,
    VaultUnavailableError,
)
from shared.web import raises

router = APIRouter(prefix="/v1", tags=["presigning"])

REDIRECT_MARGIN = 30  # seconds that a cached redirect's URL still works: time to start the fetch


def get_presigner(request: Request) -> Presigner:
    """Return the presigner of this application."""
    presigner: Presigner = request.app.state.presigner
    return presigner


PresignerDep = Annotated[Presigner, Depends(get_presigner)]
Viewer = Annotated[Principal, Depends(Requires(Scope.ASSETS_VIEW))]
REFUSALS = (
    UnauthorizedError,
    ForbiddenError,
    NotFoundError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
    DatabaseUnavailableError,
    AssetNotViewableError,
    UrlsNotSignableError,
    CredentialRetiredError,
)


@router.post("/presigned-urls", summary="Presign downloads", responses=raises(*REFUSALS))
async def presign_assets(
    body: NewPresignedUrlsBody, viewer: Viewer, presigner: PresignerDep
) -> PresignedUrlsBody:
    """Return a URL for each asset, which a browser fetches straight from the bucket.

    The same asset has the same URL for a window of some minutes, so that browsers can cache it.
    """
    answers = await presigner.presign(
        viewer.org_id, body.dataset_id, body.asset_ids, method=body.method, expires_in=body.asked
    )
    items = [PresignedUrlBody.of(answer) for answer in answers]
    return PresignedUrlsBody(method=body.method, items=items)


@router.get(
    "/content/{dataset_id}/{asset_id}",
    summary="Redirect to an asset's object",
    response_class=RedirectResponse,
    status_code=302,
    responses={
        **raises(*REFUSALS),
        302: {
            "description": "The presigned URL.",
            "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
        },
    },
)
async def redirect_to_content(
    dataset_id: UUID,
    asset_id: UUID,
    viewer: Viewer,
    presigner: PresignerDep,
    expires_in: Annotated[int, Query(ge=LEAST_SECONDS, le=MOST_SECONDS)] = DEFAULT_SECONDS,
) -> RedirectResponse:
    """Redirect to a presigned URL, cacheable for a little less than the URL lives.

    For servers, downloads, and pages that reach the gateway under their own origin. A browser that
    is redirected from one foreign origin to another sends `Origin: null`, which no CORS rule for
    the page allows: such pages ask `POST /v1/presigned-urls` and fetch the URL itself.
    """
    url = await presigner.presign_one(
        viewer.org_id, dataset_id, asset_id, expires_in=timedelta(seconds=expires_in)
    )
    max_age = max(int(presigner.seconds_left(url)) - REDIRECT_MARGIN, 0)
    headers = {"Cache-Control": f"private, max-age={max_age}"}
    return RedirectResponse(url.url, status_code=302, headers=headers)
