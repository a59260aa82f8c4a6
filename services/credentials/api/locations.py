"""Routes of external locations and their access reports."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.credentials.api.dependencies import (
    CALLER,
    CHANGING,
    CLOUD,
    KIT,
    MISSING,
    OPENING,
    Cursor,
    KeyArns,
    Limit,
    LocationsReader,
    LocationsWriter,
    VaultDep,
)
from services.credentials.credential_schemas import SetupKitBody
from services.credentials.location_schemas import (
    AccessReportBody,
    BrowserLinkBody,
    ChangeLocationBody,
    LocationBody,
    NewLocationBody,
)
from services.credentials.locations import LocationPlan
from services.credentials.setup.kit_files import kit_files, zip_files
from services.credentials.vault import Vault
from shared.auth import Requires, Scope
from shared.errors import (
    BucketNotFoundError,
    ConflictError,
    LocationNotVerifiedError,
    SealBrokenError,
    UrlsNotSignableError,
)
from shared.paging import DEFAULT_LIMIT, Page, cut, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1", tags=["locations"])

MAY_READ_CREDENTIALS = Depends(Requires(Scope.CREDENTIALS_READ))
"""A kit names the credential's role or account, and its ExternalId."""


class ZipAnswer(Response):
    media_type = "application/zip"


_ZIP: dict[str, Any] = {
    "description": "README.md and the files of the kit",
    "content": {ZipAnswer.media_type: {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/verify-access",
    summary="Verify access before adding a location",
    responses=raises(*MISSING, *OPENING),
)
async def verify_access(
    body: NewLocationBody, caller: LocationsWriter, vault: VaultDep
) -> AccessReportBody:
    """Do what the importer and browsers will do, and store nothing.

    The body is the one that adds a location, so that the two cannot differ.
    """
    report = await vault.reports.dry_run(await _plan(body, caller.org_id, vault))
    return AccessReportBody.of_dry_run(report)


@router.post(
    "/locations",
    status_code=201,
    summary="Add an external location",
    responses=raises(
        *CHANGING, LocationNotVerifiedError, *CLOUD, BucketNotFoundError, SealBrokenError
    ),
)
async def create_location(
    body: NewLocationBody, caller: LocationsWriter, vault: VaultDep
) -> LocationBody:
    """Say which bucket and prefix a credential reaches. Imports need a valid access report too.

    A role that can be assumed without the ExternalId is refused, with the check that failed.
    """
    plan = await _plan(body, caller.org_id, vault)
    return LocationBody.of(await vault.locations.attach(body.name, plan))


@router.get("/locations", summary="List external locations", responses=raises(*CALLER))
async def list_locations(
    caller: LocationsReader, vault: VaultDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[LocationBody]:
    """List the organization's attached locations."""
    after = decode_id_cursor(cursor)
    rows = await vault.locations.list(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.location.location_id)
    return Page[LocationBody](items=[LocationBody.of(row) for row in page], next_cursor=following)


@router.get(
    "/locations/{location_id}", summary="Get an external location", responses=raises(*MISSING)
)
async def get_location(location_id: UUID, caller: LocationsReader, vault: VaultDep) -> LocationBody:
    """Show an attached location."""
    return LocationBody.of(await vault.locations.get(caller.org_id, location_id))


@router.patch(
    "/locations/{location_id}", summary="Change an external location", responses=raises(*MISSING)
)
async def change_location(
    location_id: UUID, body: ChangeLocationBody, caller: LocationsWriter, vault: VaultDep
) -> LocationBody:
    """Change the name or the browser origins; new origins are verified before the next import."""
    row = await vault.locations.change(
        caller.org_id, location_id, name=body.name, origins=body.origins
    )
    return LocationBody.of(row)


@router.delete(
    "/locations/{location_id}",
    status_code=204,
    summary="Detach an external location",
    responses=raises(*MISSING),
)
async def detach_location(location_id: UUID, caller: LocationsWriter, vault: VaultDep) -> None:
    """Reach this location no more. Nothing in the bucket changes, and assets stay known."""
    await vault.locations.detach(caller.org_id, location_id)


@router.post(
    "/locations/{location_id}/verify-access",
    summary="Verify access to a location",
    responses=raises(*MISSING, *OPENING),
)
async def verify_location_access(
    location_id: UUID, caller: LocationsWriter, vault: VaultDep
) -> AccessReportBody:
    """Verify access now and keep the report. What the cloud refuses is in it, with the remedy."""
    return AccessReportBody.of(await vault.reports.verify(caller.org_id, location_id))


@router.get(
    "/locations/{location_id}/access-report",
    summary="Get the newest access report",
    responses=raises(*MISSING),
)
async def get_access_report(
    location_id: UUID, caller: LocationsReader, vault: VaultDep
) -> AccessReportBody:
    """Show what was found when access was verified last, and what browsers have told since."""
    report = await vault.reports.get_newest(caller.org_id, location_id)
    seen = await vault.browser_links.list_seen(caller.org_id, report.report_id)
    return AccessReportBody.of(report, seen)


@router.post(
    "/locations/{location_id}/browser-check",
    status_code=201,
    summary="Make a link to a browser check",
    responses=raises(
        *MISSING, ConflictError, UrlsNotSignableError, BucketNotFoundError, *OPENING, *CLOUD
    ),
)
async def create_browser_check(
    location_id: UUID, caller: LocationsWriter, vault: VaultDep
) -> BrowserLinkBody:
    """Make a link that a browser in the customer's network opens, once, within an hour.

    There one object is loaded, and read with CORS on pages of the location's origins; what comes of
    it joins the newest access report. Whoever has the link can see that object.
    """
    return BrowserLinkBody.of(await vault.browser_links.make(caller.org_id, location_id))


@router.get(
    "/locations/{location_id}/setup",
    summary="Get the setup kit of a location",
    responses=raises(*KIT),
    dependencies=[MAY_READ_CREDENTIALS],
)
async def get_location_setup(
    location_id: UUID,
    caller: LocationsReader,
    vault: VaultDep,
    kms_key_arn: KeyArns = [],  # noqa: B006 (FastAPI copies defaults)
) -> SetupKitBody:
    """Return what the customer pastes so that the location's credential reaches it."""
    made = await vault.kits.make_for_location(caller.org_id, location_id, key_arns=kms_key_arn)
    return SetupKitBody.of(made.kit)


@router.get(
    "/locations/{location_id}/setup.zip",
    summary="Download the setup kit of a location",
    response_class=ZipAnswer,
    responses={200: _ZIP, **raises(*KIT)},
    dependencies=[MAY_READ_CREDENTIALS],
)
async def download_location_setup(
    location_id: UUID,
    caller: LocationsReader,
    vault: VaultDep,
    kms_key_arn: KeyArns = [],  # noqa: B006 (FastAPI copies defaults)
) -> Response:
    """Return the same as files with a README, which is the same bytes each time."""
    made = await vault.kits.make_for_location(caller.org_id, location_id, key_arns=kms_key_arn)
    name = f"mooring-setup-{location_id}.zip"
    return ZipAnswer(
        zip_files(kit_files(made.kit, made.uri)),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _plan(body: NewLocationBody, org_id: UUID, vault: Vault) -> LocationPlan:
    return await vault.locations.plan(
        org_id, body.credential_id, uri=body.uri, origins=body.origins, region=body.region
    )
