"""Routes of manifests: uploaded, looked at, deleted."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.ingest.api.dependencies import CALLER, MISSING, IngestDep, Reader, Writer
from services.ingest.manifests.formats import ManifestFormat, choose_format
from services.ingest.schemas.manifests import ManifestBody
from shared.request_bodies import stream_body
from shared.web import raises

PATH = "/v1/manifests"
LARGEST_MANIFEST = 1024**3

router = APIRouter(prefix=PATH, tags=["manifests"])


@router.post(
    "",
    status_code=201,
    summary="Upload a manifest",
    responses={
        **raises(*CALLER),
        201: {
            "description": "The manifest is stored.",
            "headers": {
                "Location": {
                    "description": "Where to look at the manifest.",
                    "schema": {"type": "string", "format": "uri-reference"},
                }
            },
        },
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The manifest itself, of any Content-Type and 1 GiB at most.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def create_manifest(
    request: Request,
    caller: Writer,
    ingest: IngestDep,
    response: Response,
    manifest_format: Annotated[ManifestFormat | None, Query(alias="format")] = None,
) -> ManifestBody:
    """Store a list of source files for an import: a line for each, 10,000,000 at most.

    Without `format` the Content-Type tells it: `text/csv`, `application/x-ndjson` or `text/plain`.
    Each may be compressed by gzip. The lines are read when an import uses them.
    """
    chosen = choose_format(manifest_format, request.headers.get("content-type", ""))
    body = stream_body(request.scope, request.receive, largest=LARGEST_MANIFEST)
    manifest = ManifestBody.of(await ingest.manifests.add(caller.org_id, chosen, body))
    response.headers["Location"] = f"{PATH}/{manifest.manifest_id}"
    return manifest


@router.get("/{manifest_id}", summary="Get a manifest", responses=raises(*MISSING))
async def get_manifest(manifest_id: UUID, caller: Reader, ingest: IngestDep) -> ManifestBody:
    """Show a manifest."""
    return ManifestBody.of(await ingest.manifests.get(caller.org_id, manifest_id))


@router.delete(
    "/{manifest_id}", status_code=204, summary="Delete a manifest", responses=raises(*MISSING)
)
async def delete_manifest(manifest_id: UUID, caller: Writer, ingest: IngestDep) -> None:
    """Forget a manifest before it expires. An import that is reading it fails."""
    await ingest.manifests.delete(caller.org_id, manifest_id)
