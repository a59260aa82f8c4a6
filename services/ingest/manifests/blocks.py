"""Blocks: a stream of bytes, however it is cut, becomes lines of text in bounded memory."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator

from services.ingest.manifests.lines import BATCH_LINES, LONGEST_LINE, Block
from shared.errors import InvalidManifestError

_BYTE_ORDER_MARK = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_CHARACTER = 4  # bytes in UTF-8
_KEPT = LONGEST_LINE + 1  # of a line that is too long: enough to see that it is


async def cut_blocks(chunks: AsyncIterable[bytes]) -> AsyncIterator[Block]:
    """Yield a manifest's lines, some thousand at a time and each once, without a byte order mark.

    Lines end with a line feed; what follows the last one is a line when it is not empty. Raise
    InvalidManifestError for UTF-16.
    """
    number = 1
    rest = b""
    async for chunk in chunks:
        piece = chunk
        if len(rest) >= _KEPT:  # a line that is too long already: only its end is of interest
            piece = chunk[_end_of_line(chunk) :]
        joined = rest + piece
        end = joined.rfind(b"\n") + 1
        rest = joined[end:][:_KEPT]
        for block in _blocks(joined[:end], number):
            yield block
            number = block.last + 1
    for block in _blocks(rest and rest + b"\n", number):
        yield block


def _end_of_line(chunk: bytes) -> int:
    found = chunk.find(b"\n")
    return len(chunk) if found < 0 else found


def _blocks(raw: bytes, number: int) -> Iterator[Block]:
    if number == 1 and raw.startswith(_UTF16):
        raise InvalidManifestError("The manifest is in UTF-16: save it in UTF-8.")
    try:
        text, is_utf8 = raw.decode(), True
    except UnicodeDecodeError:
        text, is_utf8 = raw.decode(errors="surrogateescape"), False
    lines = text.split("\n")[:-1]
    if number == 1 and lines:
        lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
    for start in range(0, len(lines), BATCH_LINES):
        part = lines[start : start + BATCH_LINES]
        may_be_long = max(map(len, part)) * _LONGEST_CHARACTER > LONGEST_LINE
        yield Block(number + start, part, suspicious=may_be_long or not is_utf8)
