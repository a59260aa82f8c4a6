"""Unpacking: a manifest's bytes, whether or not they are gzip, and never more than we read."""

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator

from shared.errors import InvalidManifestError

MOST_BYTES = 4 * 1024**3  # unpacked: 10,000,000 lines of 400 bytes
_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1
_GZIP = 16 + zlib.MAX_WBITS
_INPUT = 64 * 1024
_OUTPUT = 1024 * 1024


async def unpack(
    chunks: AsyncIterable[bytes], *, most_bytes: int = MOST_BYTES
) -> AsyncIterator[bytes]:
    """Yield the bytes of a manifest, unpacked when they begin as gzip does, 1 MiB at a time.

    Raise InvalidManifestError for gzip that is broken or cut off, and for more than `most_bytes`.
    """
    unpacked = 0
    async for piece in _pieces(chunks):
        unpacked += len(piece)
        if unpacked > most_bytes:
            raise InvalidManifestError(f"A manifest has at most {most_bytes:,} bytes, unpacked.")
        yield piece
        await asyncio.sleep(0)  # a gzip of little may hold much: let the others have a turn


async def _pieces(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    head = b""
    unpacker: _Gzip | _Plain | None = None
    async for chunk in chunks:
        taken = chunk
        if unpacker is None:
            head = taken = head + chunk
            if len(head) < len(_MAGIC):
                continue
            unpacker = _Gzip() if head.startswith(_MAGIC) else _Plain()
        for piece in unpacker.unpack(taken):
            yield piece
    for piece in unpacker.finish() if unpacker else [head]:
        yield piece


class _Plain:
    """Give the bytes as they are."""

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what has come."""
        yield chunk

    def finish(self) -> Iterator[bytes]:
        """Yield nothing: nothing was kept."""
        yield from ()


class _Gzip:
    """Unpack gzip: one member or several in a row (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._is_new = True

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what can be unpacked by now."""
        for start in range(0, len(chunk), _INPUT):
            rest = chunk[start : start + _INPUT]
            while rest:
                if self._member.eof:
                    self._member, self._is_new = zlib.decompressobj(_GZIP), True
                if self._is_new:
                    rest = rest.lstrip(b"\0")  # tapes and block devices pad the end
                    self._is_new = not rest
                yield self._step(rest)
                rest = self._member.unused_data or self._member.unconsumed_tail

    def finish(self) -> Iterator[bytes]:
        """Yield the rest."""
        while not (self._member.eof or self._is_new):
            piece = self._step(b"")
            if not piece and not self._member.eof:
                raise InvalidManifestError("The manifest's gzip is cut off.")
            yield piece

    def _step(self, rest: bytes) -> bytes:
        try:
            return self._member.decompress(rest, _OUTPUT)
        except zlib.error as error:
            raise InvalidManifestError("The manifest's gzip is broken.") from error
