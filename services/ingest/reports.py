"""Reports: lists of any length as a stream of JSON lines."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from services.ingest.schemas.imports import RejectedKeyBody
from shared.database.rejected_keys import RejectedKey

ROWS = 1_000  # in memory at a time


class ListRejectedKeys(Protocol):
    """Return the next rejected keys of an import, in byte order."""

    async def __call__(self, *, after: bytes | None, limit: int) -> Sequence[RejectedKey]: ...


async def report_rejected_keys(list_next: ListRejectedKeys) -> AsyncIterator[bytes]:
    """Yield the lines, some at a time."""
    after: bytes | None = None
    while True:
        rows = await list_next(after=after, limit=ROWS)
        if rows:
            lines = (RejectedKeyBody.of(row).model_dump_json() for row in rows)
            yield "".join(f"{line}\n" for line in lines).encode()
            after = rows[-1].key
        if len(rows) < ROWS:
            return
