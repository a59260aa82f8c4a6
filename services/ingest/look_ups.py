"""Look-ups: single objects, several at a time."""

import asyncio
from collections.abc import Sequence

from services.ingest.selectors import SOURCE_FILE_MISSING
from shared.database.rejected_keys import Rejection
from shared.storage.base import ObjectRow, ObjectStore

LOOK_UPS = 16  # at a time: far below the rate that S3 allows for a prefix


async def look_up(
    store: ObjectStore, keys: Sequence[str], *, versions: bool = False
) -> list[ObjectRow | None]:
    """Return each object's row, in the order of the keys; None where there is no object."""
    turns = asyncio.Semaphore(LOOK_UPS)

    async def look_up_one(key: str) -> ObjectRow | None:
        async with turns:
            return await store.find_object(key, versions=versions)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look_up_one(key)) for key in keys]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed  # the others failed for the same reason
    return [task.result() for task in tasks]


def not_in_bucket(key: str) -> Rejection:
    """Return the rejection of a source file that was looked up in vain."""
    return Rejection(key.encode(), SOURCE_FILE_MISSING, "The bucket holds no object with this key.")
