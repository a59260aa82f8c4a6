"""Small batches: a few keys take an import many steps, so that much can come between them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from services.ingest import splits
from services.ingest.walks import marking, pages, planning, source_files
from shared.storage.base import ObjectStore


async def cut_anywhere(
    store: ObjectStore,
    prefix: str,
    *,
    after: str | None,
    upper: str | None,
    pieces: int,
    seen: Sequence[str] = (),
) -> list[str]:
    """Return keys that cut even the shortest stretch."""
    assert len(seen) <= splits.SEEN
    listed = [page async for page in store.list_pages(prefix, after=after)]
    found = [row.key for page in listed for row in page.rows]
    inside = [key for key in found[:-1] if upper is None or key < upper]
    return inside[:: 1 + len(inside) // pieces][: pieces - 1]


@contextmanager
def small_batches(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let few keys take many steps."""
    with patch.context() as patched:
        patched.setattr(splits, "find_boundaries", cut_anywhere)
        patched.setattr(pages, "BATCH_PAGES", 2)
        patched.setattr(planning, "BATCH_CHANGES", 2)
        patched.setattr(marking, "SWEEP_KEYS", 3)
        patched.setattr(source_files, "BATCH_FILES", 2)
        patched.setattr(source_files, "DENSE", 2)
        patched.setattr(source_files, "WINDOW", 5)
        yield
