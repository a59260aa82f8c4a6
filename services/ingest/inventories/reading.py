"""Reading: the objects that a data file lists, in batches and in bounded memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from services.ingest.inventories.batches import RowBatch
from services.ingest.inventories.csv_files import read_csv
from services.ingest.inventories.inventory import InventoryFile, InventoryFormat


def read_rows(path: Path, file: InventoryFile, *, after: int = 0) -> Iterator[RowBatch]:
    """Yield the rows of a data file behind its row `after`, 10,000 at a time, in its order.

    A reading that stopped goes on behind the `last` of a batch. Raise InvalidInventoryError for
    what is not of the file's format, or lacks a column or a field.
    """
    if file.file_format is InventoryFormat.CSV:
        return read_csv(path, file.columns, after=after)
    from services.ingest.inventories.arrow_files import read_arrow  # noqa: PLC0415 (megabytes)

    return read_arrow(path, file.file_format, after=after)


async def stream_rows(
    path: Path, file: InventoryFile, *, after: int = 0
) -> AsyncIterator[RowBatch]:
    """Yield what `read_rows` yields, read in a thread, so that others have their turns."""
    batches = await asyncio.to_thread(read_rows, path, file, after=after)
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        yield batch
