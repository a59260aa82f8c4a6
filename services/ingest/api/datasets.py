"""Routes of datasets and their assets."""

from uuid import UUID

from fastapi import APIRouter

from services.ingest.api.dependencies import (
    ACCESS,
    CALLER,
    MISSING,
    Cursor,
    IngestDep,
    Limit,
    Reader,
    Writer,
)
from services.ingest.schemas.assets import AssetBody, AssetState, AssetVersionBody
from services.ingest.schemas.datasets import (
    DatasetBody,
    NewDatasetBody,
    ScheduleBody,
    SyncBody,
    SyncedBody,
)
from services.ingest.schemas.fields import Storable
from services.ingest.schemas.imports import ImportBody
from shared.errors import ConflictError
from shared.paging import (
    DEFAULT_LIMIT,
    Page,
    cut,
    decode_id_cursor,
    decode_number_cursor,
    encode_number,
)
from shared.web import raises

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])


@router.post("", status_code=201, summary="Add a dataset", responses=raises(*CALLER, ConflictError))
async def create_dataset(body: NewDatasetBody, caller: Writer, ingest: IngestDep) -> DatasetBody:
    """Make a dataset. Its name is unique in the organization."""
    return DatasetBody.of(await ingest.datasets.create(caller.org_id, body.name, body.hosting))


@router.get("", summary="List datasets", responses=raises(*CALLER))
async def list_datasets(
    caller: Reader, ingest: IngestDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[DatasetBody]:
    """List the organization's datasets, oldest first."""
    after = decode_id_cursor(cursor)
    rows = await ingest.datasets.list_datasets(caller.org_id, after=after, limit=limit + 1)
    page, following = cut(rows, limit, lambda row: row.dataset_id)
    return Page[DatasetBody](items=[DatasetBody.of(row) for row in page], next_cursor=following)


@router.get("/{dataset_id}", summary="Get a dataset", responses=raises(*MISSING))
async def get_dataset(dataset_id: UUID, caller: Reader, ingest: IngestDep) -> DatasetBody:
    """Show a dataset."""
    return DatasetBody.of(await ingest.datasets.get(caller.org_id, dataset_id))


@router.get("/{dataset_id}/assets", summary="List assets", responses=raises(*MISSING))
async def list_assets(
    dataset_id: UUID,
    *,
    caller: Reader,
    ingest: IngestDep,
    state: AssetState | None = None,
    location_id: UUID | None = None,
    key_prefix: Storable = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AssetBody]:
    """List a dataset's assets in order of their ids, narrowed by the filters given.

    While imports run into the dataset, assets may appear before the cursor: list again after them.
    """
    rows = await ingest.datasets.list_assets(
        caller.org_id,
        dataset_id,
        location_id=location_id,
        state=state,
        key_prefix=key_prefix,
        after=decode_id_cursor(cursor),
        limit=limit + 1,
    )
    page, following = cut(rows, limit, lambda row: row.asset_id)
    return Page[AssetBody](items=[AssetBody.of(row) for row in page], next_cursor=following)


@router.get("/{dataset_id}/assets/{asset_id}", summary="Get an asset", responses=raises(*MISSING))
async def get_asset(
    dataset_id: UUID, asset_id: UUID, caller: Reader, ingest: IngestDep
) -> AssetBody:
    """Show an asset."""
    return AssetBody.of(await ingest.datasets.get_asset(caller.org_id, dataset_id, asset_id))


@router.get(
    "/{dataset_id}/assets/{asset_id}/versions",
    summary="List an asset's earlier versions",
    responses=raises(*MISSING),
)
async def list_asset_versions(
    dataset_id: UUID,
    asset_id: UUID,
    *,
    caller: Reader,
    ingest: IngestDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AssetVersionBody]:
    """List what an asset was before its object changed or moved, newest first."""
    rows = await ingest.datasets.list_asset_versions(
        caller.org_id, dataset_id, asset_id, before=decode_number_cursor(cursor), limit=limit + 1
    )
    page, following = cut(rows, limit, lambda row: encode_number(row.version))
    items = [AssetVersionBody.of(row) for row in page]
    return Page[AssetVersionBody](items=items, next_cursor=following)


@router.put("/{dataset_id}/schedule", summary="Schedule syncs", responses=raises(*MISSING))
async def schedule_syncs(
    dataset_id: UUID, body: ScheduleBody, caller: Writer, ingest: IngestDep
) -> DatasetBody:
    """Have a dataset synced again and again, or no more."""
    return DatasetBody.of(await ingest.syncs.schedule(caller.org_id, dataset_id, body.schedule()))


@router.post(
    "/{dataset_id}/sync",
    status_code=202,
    summary="Sync a dataset",
    responses=raises(
        *MISSING,
        ConflictError,
        *ACCESS,
    ),
)
async def sync_dataset(
    dataset_id: UUID, body: SyncBody, caller: Writer, ingest: IngestDep
) -> SyncedBody:
    """Compare a dataset with all that it was imported from, and apply what differs.

    Each prefix is an import of its own. Access is verified first, unless it was a little while ago.
    """
    begun = await ingest.syncs.sync(caller.org_id, dataset_id, body.request())
    return SyncedBody(imports=[ImportBody.of(progress) for progress in begun])
