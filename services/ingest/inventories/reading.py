"""Reading: the objects that a data file lists, in batches and in bounded memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.ingest.inventories.batches import RowBatch
from services.ingest.inventories.csv_files import read_csv
from services.ingest.inventories.inventory import InventoryFile, InventoryFormat

# One for all files, since they share the interpreter anyway: their batches are made one by one, and
# four files take 130 MB less than in a thread for each.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inventory")


def read_rows(path: Path, file: InventoryFile, *, after: int = 0) -> Iterator[RowBatch]:
    """Yield the rows of a data file behind its row `after`, 10,000 at a time, in its order.

    A reading that stopped goes on behind the `last` of a batch. Raise InvalidInventoryError for
    what is not of the file's format, or lacks a column or a field.
    """
    if file.file_format is InventoryFormat.CSV:
        return read_csv(path, file.columns, after=after)
    # Read when pyarrow is imported: by default it keeps 30 MB of what was let go.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from services.ingest.inventories.arrow_files import read_arrow  # noqa: PLC0415 (megabytes)

    return read_arrow(path, file.file_format, after=after)


async def stream_rows(
    path: Path, file: InventoryFile, *, after: int = 0
) -> AsyncIterator[RowBatch]:
    """Yield what `read_rows` yields, read in a thread, so that others have their turns."""
    loop = asyncio.get_running_loop()
    batches = await loop.run_in_executor(_THREAD, lambda: read_rows(path, file, after=after))
    while (batch := await loop.run_in_executor(_THREAD, next, batches, None)) is not None:
        yield batch
