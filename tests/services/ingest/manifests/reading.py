"""Manifests for tests: bytes cut anywhere, and what was read of them."""

import gzip
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from services.ingest.manifests.formats import ManifestFormat
from services.ingest.manifests.lines import BadLine, BadLineCode, Line
from services.ingest.manifests.reading import read_lines

Numbered = list[tuple[int, str | BadLineCode]]

PATIENT = settings(max_examples=200, deadline=None, derandomize=True, database=None)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(',"\r\n\0 a€', max_size=8)
"""Texts of any characters, and of those that formats give a meaning."""


@st.composite
def deliveries(draw: st.DrawFn, raw: bytes) -> list[bytes]:
    """Cut bytes into chunks anywhere, maybe after they were compressed, in one member or in two."""
    packing = draw(st.sampled_from(["plain", "gzip", "members"]))
    if packing == "gzip":
        raw = gzip.compress(raw)
    elif packing == "members":
        middle = draw(st.integers(0, len(raw)))
        raw = gzip.compress(raw[:middle]) + gzip.compress(raw[middle:])
    cuts = sorted(draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    return [raw[start:end] for start, end in pairwise([0, *cuts, len(raw)])]


async def stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(
    raw: bytes | Sequence[bytes], manifest_format: ManifestFormat, **more: Any
) -> Numbered:
    """Return the number of each line with its entry, or with the code of what is wrong."""
    chunks = [raw] if isinstance(raw, bytes) else raw
    return [
        (line.number, shown(line))
        async for batch in read_lines(stream(chunks), manifest_format, **more)
        for line in batch
    ]


def shown(line: Line | BadLine) -> str | BadLineCode:
    match line:
        case Line(entry=entry):
            return entry
        case BadLine(code=code):
            return code
