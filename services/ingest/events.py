"""Server-sent events: an import's progress while somebody looks at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from time import monotonic

from services.ingest.imports import Progress
from services.ingest.schemas.imports import ImportBody
from shared.errors import DatabaseUnavailableError

FINISHED = "finished"
HEARTBEAT_SECONDS = 15.0  # proxies cut a silent connection after 30 to 60 s
LIFE_SECONDS = 900.0  # then the client connects anew, with a key that is looked at again
RECONNECT_MS = 1000
_MOVING = {"rate", "elapsed"}  # they change by themselves, also while nothing happens


async def stream_progress(
    look: Callable[[], Awaitable[Progress]],
    first: Progress,
    *,
    interval: timedelta,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> AsyncIterator[bytes]:
    """Yield an event `progress` for each change and a last one `finished`, each the whole body.

    Nothing is lost when a client reconnects, since each event stands for itself.
    """
    began = spoke = monotonic()
    progress, told = first, None
    yield f"retry: {RECONNECT_MS}\n\n".encode()
    while not progress.is_finished and monotonic() - began < LIFE_SECONDS:
        body = ImportBody.of(progress)
        shown = body.model_dump(exclude=_MOVING)
        if shown != told:
            told, spoke = shown, monotonic()
            yield _event("progress", body)
        elif monotonic() - spoke >= heartbeat_seconds:
            spoke = monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(interval.total_seconds())
        try:
            progress = await look()
        except DatabaseUnavailableError:
            continue  # the answer has begun: all that can be done is to look again
    if progress.is_finished:
        yield _event(FINISHED, ImportBody.of(progress), event_id=FINISHED)


def _event(name: str, body: ImportBody, *, event_id: str | None = None) -> bytes:
    head = f"event: {name}\n" + (f"id: {event_id}\n" if event_id else "")
    return f"{head}data: {body.model_dump_json()}\n\n".encode()
