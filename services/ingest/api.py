"""Ingest's routes."""

from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.ingest.datasets import Datasets
from services.ingest.events import FINISHED, stream_progress
from services.ingest.imports import ImportJobs
from services.ingest.schemas import (
    AssetBody,
    AssetState,
    DatasetBody,
    DatasetCreation,
    ImportBody,
    ImportCreation,
    RejectedKeyBody,
    Storable,
)
from shared.auth import Principal, Requires, Scope
from shared.errors import (
    ConflictError,
    DatabaseUnavailableError,
    ForbiddenError,
    LocationNotVerifiedError,
    NotFoundError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
    UnauthorizedError,
    VaultUnavailableError,
)
from shared.paging import (
    DEFAULT_LIMIT,
    LARGEST_LIMIT,
    Page,
    decode_cursor,
    decode_id_cursor,
    encode_cursor,
)
from shared.web import raises


class EventStream(StreamingResponse):
    """An answer of server-sent events."""

    media_type = "text/event-stream"


datasets = APIRouter(prefix="/v1/datasets", tags=["datasets"])
imports = APIRouter(prefix="/v1/imports", tags=["imports"])


def get_datasets(request: Request) -> Datasets:
    """Return the datasets of this application."""
    found: Datasets = request.app.state.datasets
    return found


def get_imports(request: Request) -> ImportJobs:
    """Return the imports of this application."""
    found: ImportJobs = request.app.state.imports
    return found


def get_progress_interval(request: Request) -> timedelta:
    """Return the pause between two looks at an import that somebody follows."""
    found: timedelta = request.app.state.progress_interval
    return found


DatasetsDep = Annotated[Datasets, Depends(get_datasets)]
ImportsDep = Annotated[ImportJobs, Depends(get_imports)]
IntervalDep = Annotated[timedelta, Depends(get_progress_interval)]
Reader = Annotated[Principal, Depends(Requires(Scope.DATASETS_READ))]
Writer = Annotated[Principal, Depends(Requires(Scope.DATASETS_WRITE))]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT)]
REFUSALS = (UnauthorizedError, ForbiddenError, DatabaseUnavailableError)


@datasets.post("", status_code=201, responses=raises(*REFUSALS, ConflictError))
async def create_dataset(
    body: DatasetCreation, writer: Writer, datasets: DatasetsDep
) -> DatasetBody:
    """Make a dataset. Its name is unique in the organization."""
    return DatasetBody.of(await datasets.create(writer.org_id, body.name, body.hosting))


@datasets.get("", responses=raises(*REFUSALS))
async def list_datasets(
    reader: Reader, datasets: DatasetsDep, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[DatasetBody]:
    """List the organization's datasets, oldest first."""
    after = decode_id_cursor(cursor)
    rows = await datasets.list_datasets(reader.org_id, after=after, limit=limit)
    following = encode_cursor(rows[-1].dataset_id) if len(rows) == limit else None
    return Page(items=[DatasetBody.of(row) for row in rows], next_cursor=following)


@datasets.get("/{dataset_id}", responses=raises(*REFUSALS, NotFoundError))
async def get_dataset(dataset_id: UUID, reader: Reader, datasets: DatasetsDep) -> DatasetBody:
    """Return a dataset."""
    return DatasetBody.of(await datasets.get(reader.org_id, dataset_id))


@datasets.get("/{dataset_id}/assets", responses=raises(*REFUSALS, NotFoundError))
async def list_assets(
    dataset_id: UUID,
    *,
    reader: Reader,
    datasets: DatasetsDep,
    state: AssetState | None = None,
    location_id: UUID | None = None,
    key_prefix: Storable = "",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AssetBody]:
    """List a dataset's assets in order of their ids, narrowed by the filters given."""
    rows = await datasets.list_assets(
        reader.org_id,
        dataset_id,
        location_id=location_id,
        state=state,
        key_prefix=key_prefix,
        after=decode_id_cursor(cursor),
        limit=limit,
    )
    following = encode_cursor(rows[-1].asset_id) if len(rows) == limit else None
    return Page(items=[AssetBody.of(row) for row in rows], next_cursor=following)


@datasets.get("/{dataset_id}/assets/{asset_id}", responses=raises(*REFUSALS, NotFoundError))
async def get_asset(
    dataset_id: UUID, asset_id: UUID, reader: Reader, datasets: DatasetsDep
) -> AssetBody:
    """Return an asset."""
    return AssetBody.of(await datasets.get_asset(reader.org_id, dataset_id, asset_id))


@imports.post(
    "",
    status_code=202,
    responses=raises(
        *REFUSALS,
        NotFoundError,
        ConflictError,
        LocationNotVerifiedError,
        StorageDeniedError,
        StorageThrottledError,
        StorageUnavailableError,
        VaultUnavailableError,
    ),
)
async def create_import(
    body: ImportCreation, writer: Writer, imports: ImportsDep, response: Response
) -> ImportBody:
    """Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. One import at a time runs from a
    location into a dataset.
    """
    progress = await imports.submit(writer.org_id, body.request())
    response.headers["Location"] = f"/v1/imports/{progress.job.import_id}"
    return ImportBody.of(progress)


@imports.get("", responses=raises(*REFUSALS, NotFoundError))
async def list_imports(
    reader: Reader,
    imports: ImportsDep,
    dataset_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ImportBody]:
    """List the organization's imports, newest first."""
    before = decode_id_cursor(cursor)
    found = await imports.list_imports(
        reader.org_id, dataset_id=dataset_id, before=before, limit=limit
    )
    following = encode_cursor(found[-1].job.import_id) if len(found) == limit else None
    return Page(items=[ImportBody.of(each) for each in found], next_cursor=following)


@imports.get("/{import_id}", responses=raises(*REFUSALS, NotFoundError))
async def get_import(import_id: UUID, reader: Reader, imports: ImportsDep) -> ImportBody:
    """Return an import with its counts so far."""
    return ImportBody.of(await imports.get(reader.org_id, import_id))


@imports.get(
    "/{import_id}/events",
    response_class=EventStream,
    responses={
        **raises(*REFUSALS, NotFoundError),
        204: {"description": "The event `finished` was received before: do not reconnect."},
    },
)
async def follow_import(
    import_id: UUID,
    reader: Reader,
    imports: ImportsDep,
    interval: IntervalDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow an import by server-sent events.

    An event `progress` comes with each change and an event `finished` at the end. The data of both
    is what `GET /v1/imports/{import_id}` answers.
    """
    look = partial(imports.get, reader.org_id, import_id)
    progress = await look()
    if progress.is_finished and last_event_id == FINISHED:
        return Response(status_code=204)
    return EventStream(
        stream_progress(look, progress, interval=interval), headers={"X-Accel-Buffering": "no"}
    )


@imports.post("/{import_id}/cancel", responses=raises(*REFUSALS, NotFoundError, ConflictError))
async def cancel_import(import_id: UUID, writer: Writer, imports: ImportsDep) -> ImportBody:
    """End an import. What it has imported stays; nothing more is written after this answer."""
    return ImportBody.of(await imports.cancel(writer.org_id, import_id))


@imports.get("/{import_id}/rejected-keys", responses=raises(*REFUSALS, NotFoundError))
async def list_rejected_keys(
    import_id: UUID,
    reader: Reader,
    imports: ImportsDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RejectedKeyBody]:
    """List the keys that an import could not take, each with a code and the reason."""
    after = decode_cursor(cursor)
    rows = await imports.list_rejected_keys(reader.org_id, import_id, after=after, limit=limit)
    following = encode_cursor(rows[-1].key) if len(rows) == limit else None
    return Page(items=[RejectedKeyBody.of(row) for row in rows], next_cursor=following)
