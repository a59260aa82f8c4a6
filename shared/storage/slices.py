"""Slices: a part of a body, however much of it a server sends."""

from typing import Protocol

_CHUNK = 64 * 1024


class Readable(Protocol):
    """A body that comes in pieces; an empty one is its end."""

    async def read(self, amount: int = -1, /) -> bytes: ...


async def read_slice(body: Readable, *, skip: int, length: int) -> bytes:
    """Return up to `length` bytes behind the first `skip` ones."""
    kept = bytearray()
    while wanted := skip + length - len(kept):
        chunk = await body.read(min(wanted, _CHUNK))
        if not chunk:
            break
        skipped = min(skip, len(chunk))
        skip -= skipped
        kept += chunk[skipped:]
    return bytes(kept)
