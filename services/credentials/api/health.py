"""Routes of the health of locations."""

from uuid import UUID

from fastapi import APIRouter

from services.credentials.api.dependencies import (
    MISSING,
    Cursor,
    Limit,
    LocationsReader,
    LocationsWriter,
    VaultDep,
)
from services.credentials.health_schemas import LocationHealthBody
from shared.errors import ConflictError
from shared.paging import DEFAULT_LIMIT, decode_id_cursor
from shared.web import raises

router = APIRouter(prefix="/v1", tags=["locations"])


@router.get(
    "/locations/{location_id}/health",
    summary="Get a location's health",
    responses=raises(*MISSING),
)
async def get_location_health(
    location_id: UUID,
    caller: LocationsReader,
    vault: VaultDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LocationHealthBody:
    """Show how access to a location is, what is worse than it was, and how it was before.

    `cursor` and `limit` are of the history.
    """
    view = await vault.health.get(
        caller.org_id, location_id, before=decode_id_cursor(cursor), limit=limit + 1
    )
    return LocationHealthBody.of(view, limit)


@router.post(
    "/locations/{location_id}/health/accept",
    summary="Accept a location as it is",
    responses=raises(*MISSING, ConflictError),
)
async def accept_location_health(
    location_id: UUID, caller: LocationsWriter, vault: VaultDep
) -> LocationHealthBody:
    """Take the newest report for the last good one, so that what it warns of is no change any more.

    Refused while that report is not valid, or a check in it failed.
    """
    await vault.health.accept(caller.org_id, location_id)
    view = await vault.health.get(caller.org_id, location_id, before=None, limit=DEFAULT_LIMIT + 1)
    return LocationHealthBody.of(view, DEFAULT_LIMIT)
