"""Routes of imports: submitted, watched, followed, cancelled."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from services.ingest.api.dependencies import (
    ACCESS,
    MISSING,
    Cursor,
    IngestDep,
    KeyCursor,
    Limit,
    Reader,
    Writer,
)
from services.ingest.events import FINISHED, stream_progress
from services.ingest.reports import report_rejected_keys
from services.ingest.schemas.assets import AssetState
from services.ingest.schemas.import_changes import ChangeBody, ChangeKind
from services.ingest.schemas.imports import (
    DecisionBody,
    ImportBody,
    NewImportBody,
    RejectedKeyBody,
)
from shared.errors import ConflictError
from shared.paging import (
    DEFAULT_LIMIT,
    Page,
    cut,
    decode_cursor,
    decode_id_cursor,
    decode_key_cursor,
)
from shared.web import raises

router = APIRouter(prefix="/v1/imports", tags=["imports"])


class EventStream(StreamingResponse):
    """An answer of server-sent events."""

    media_type = "text/event-stream"


class JsonLines(StreamingResponse):
    """An answer of one JSON document per line."""

    media_type = "application/x-ndjson"


_LOCATION = {
    "description": "Where to look at the import.",
    "schema": {"type": "string", "format": "uri-reference"},
}


@router.post(
    "",
    status_code=202,
    summary="Start an import",
    responses={
        **raises(
            *MISSING,
            ConflictError,
            *ACCESS,
        ),
        202: {"description": "The import is queued.", "headers": {"Location": _LOCATION}},
    },
)
async def create_import(
    body: NewImportBody, caller: Writer, ingest: IngestDep, response: Response
) -> ImportBody:
    """Start an import, and answer before it has begun.

    Access is verified first, unless it was a little while ago. Imports into a dataset that may
    touch the same keys run one after the other: a `conflict` names the one that is not finished as
    `import_id`.
    """
    progress = await ingest.imports.submit(caller.org_id, body.request())
    response.headers["Location"] = f"/v1/imports/{progress.job.import_id}"
    return ImportBody.of(progress)


@router.get("", summary="List imports", responses=raises(*MISSING))
async def list_imports(
    caller: Reader,
    ingest: IngestDep,
    dataset_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ImportBody]:
    """List the organization's imports, newest first."""
    before = decode_id_cursor(cursor)
    found = await ingest.imports.list_imports(
        caller.org_id, dataset_id=dataset_id, before=before, limit=limit + 1
    )
    page, following = cut(found, limit, lambda each: each.job.import_id)
    return Page[ImportBody](items=[ImportBody.of(each) for each in page], next_cursor=following)


@router.get("/{import_id}", summary="Get an import", responses=raises(*MISSING))
async def get_import(import_id: UUID, caller: Reader, ingest: IngestDep) -> ImportBody:
    """Show an import with its counts so far."""
    return ImportBody.of(await ingest.imports.get(caller.org_id, import_id))


@router.get(
    "/{import_id}/events",
    summary="Follow an import",
    response_class=EventStream,
    responses={
        **raises(*MISSING),
        200: {"description": "Events, until the import has ended."},
        204: {"description": "The event `finished` was received before: do not reconnect."},
    },
)
async def follow_import(
    import_id: UUID,
    caller: Reader,
    ingest: IngestDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow an import by server-sent events.

    An event `progress` comes with each change and an event `finished` at the end. The data of both
    is what `GET /v1/imports/{import_id}` answers.
    """
    look = partial(ingest.imports.get, caller.org_id, import_id)
    progress = await look()
    if progress.is_finished and last_event_id == FINISHED:
        return Response(status_code=204)
    events = stream_progress(look, progress, interval=ingest.progress_interval)
    return EventStream(events, headers={"X-Accel-Buffering": "no"})


@router.post(
    "/{import_id}/cancel",
    summary="Cancel an import",
    responses=raises(*MISSING, ConflictError),
)
async def cancel_import(import_id: UUID, caller: Writer, ingest: IngestDep) -> ImportBody:
    """End an import. What it has imported stays; nothing more is written after this answer."""
    return ImportBody.of(await ingest.imports.cancel(caller.org_id, import_id))


@router.post(
    "/{import_id}/pause",
    summary="Pause an import",
    responses=raises(*MISSING, ConflictError),
)
async def pause_import(import_id: UUID, caller: Writer, ingest: IngestDep) -> ImportBody:
    """Let an import rest where it is, until it is resumed."""
    return ImportBody.of(await ingest.imports.pause(caller.org_id, import_id))


@router.post(
    "/{import_id}/resume",
    summary="Resume an import",
    responses=raises(*MISSING, ConflictError),
)
async def resume_import(import_id: UUID, caller: Writer, ingest: IngestDep) -> ImportBody:
    """Let a paused import go on where it is."""
    return ImportBody.of(await ingest.imports.resume(caller.org_id, import_id))


@router.post(
    "/{import_id}/retry",
    summary="Retry an import",
    responses=raises(*MISSING, ConflictError),
)
async def retry_import(import_id: UUID, caller: Writer, ingest: IngestDep) -> ImportBody:
    """Let a failed import go on where it was: what it has listed is not listed again."""
    return ImportBody.of(await ingest.imports.retry(caller.org_id, import_id))


@router.post(
    "/{import_id}/decision",
    summary="Decide about a plan",
    responses=raises(*MISSING, ConflictError),
)
async def decide_import(
    import_id: UUID, body: DecisionBody, caller: Writer, ingest: IngestDep
) -> ImportBody:
    """Apply or discard the plan of an import that awaits a decision."""
    return ImportBody.of(await ingest.imports.decide(caller.org_id, import_id, body.decision))


@router.get("/{import_id}/changes", summary="List changes", responses=raises(*MISSING))
async def list_import_changes(
    import_id: UUID,
    *,
    caller: Reader,
    ingest: IngestDep,
    kind: ChangeKind | None = None,
    state: AssetState | None = None,
    unreadable: bool | None = None,
    cursor: KeyCursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ChangeBody]:
    """List what an import with a plan found to differ, in key order.

    An import without one (`plan` is `none`) has applied each difference as it found it, and lists
    nothing here. `unreadable` narrows the list to objects that were tried and could not be read, or
    to all others, of which most were not tried.
    """
    rows = await ingest.imports.list_changes(
        caller.org_id,
        import_id,
        kind=kind,
        state=state,
        unreadable=unreadable,
        after=decode_key_cursor(cursor),
        limit=limit + 1,
    )
    page, following = cut(rows, limit, lambda row: row.key.encode())
    return Page[ChangeBody](items=[ChangeBody.of(row) for row in page], next_cursor=following)


@router.get("/{import_id}/rejected-keys", summary="List rejected keys", responses=raises(*MISSING))
async def list_rejected_keys(
    import_id: UUID,
    caller: Reader,
    ingest: IngestDep,
    cursor: KeyCursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RejectedKeyBody]:
    """List the keys that an import could not take, each with a code and the reason."""
    after = decode_cursor(cursor)
    rows = await ingest.imports.list_rejected_keys(
        caller.org_id, import_id, after=after, limit=limit + 1
    )
    page, following = cut(rows, limit, lambda row: row.key)
    items = [RejectedKeyBody.of(row) for row in page]
    return Page[RejectedKeyBody](items=items, next_cursor=following)


@router.get(
    "/{import_id}/rejected-keys.ndjson",
    summary="Download the rejected keys",
    response_class=JsonLines,
    responses={**raises(*MISSING), 200: {"description": "A rejected key per line, as JSON."}},
)
async def download_rejected_keys(
    import_id: UUID, caller: Reader, ingest: IngestDep
) -> StreamingResponse:
    """Download all keys that an import could not take, a line of JSON each, in byte order."""
    progress = await ingest.imports.get(caller.org_id, import_id)
    look = partial(ingest.imports.list_rejected_keys, caller.org_id, import_id)
    name = f'attachment; filename="rejected-keys-{progress.job.import_id}.ndjson"'
    return JsonLines(report_rejected_keys(look), headers={"Content-Disposition": name})
