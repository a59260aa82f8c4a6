"""Reading: a manifest's bytes become lines, in batches and in bounded memory."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Protocol

from services.ingest.manifests.blocks import cut_blocks
from services.ingest.manifests.csv_records import CsvParser
from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.jsonl import JsonlParser
from services.ingest.manifests.lines import BATCH_LINES, MOST_LINES, BadLine, Block, Line
from services.ingest.manifests.plain import PlainParser
from services.ingest.manifests.unpacking import unpack
from shared.errors import InvalidManifestError


class _Parser(Protocol):
    header_lines: int

    def needs(self, block: Block) -> bool: ...

    def parse(self, block: Block) -> list[Line | BadLine]: ...

    def finish(self) -> list[Line | BadLine]: ...


_PARSERS: dict[ManifestFormat, type[_Parser]] = {
    ManifestFormat.CSV: CsvParser,
    ManifestFormat.JSONL: JsonlParser,
    ManifestFormat.TEXT: PlainParser,
}


async def read_lines(
    chunks: AsyncIterable[bytes],
    manifest_format: ManifestFormat,
    *,
    after: int = 0,
    most_lines: int = MOST_LINES,
) -> AsyncIterator[Sequence[Line | BadLine]]:
    """Yield the lines behind the line `after`, about 5,000 at a time, in order.

    A reading that stopped goes on behind the number of the last line of a batch. Raise
    InvalidManifestError for what can be read as no lines at all, and for more than `most_lines`.
    """
    parser = _PARSERS[manifest_format]()
    batch: list[Line | BadLine] = []
    async for block in cut_blocks(unpack(chunks)):
        if block.last > after or parser.needs(block):
            batch += _behind(after, parser.parse(block))
        if block.last > most_lines + parser.header_lines:
            raise InvalidManifestError(f"A manifest has at most {most_lines:,} lines.")
        if len(batch) >= BATCH_LINES:
            yield batch
            batch = []
    batch += _behind(after, parser.finish())
    if batch:
        yield batch


def _behind(after: int, lines: list[Line | BadLine]) -> list[Line | BadLine]:
    if not lines or lines[0].number > after:
        return lines
    return [each for each in lines if each.number > after]
