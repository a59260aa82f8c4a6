"""Checks of the objects: can we list the prefix, and read what is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.credentials.access.checks import Finding, passed, warning
from shared.errors import (
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    UnorderedListingError,
)
from shared.storage.base import ListingPage, ObjectRow, ObjectStore

SAMPLES = 5  # spread over the first page: one folder may be readable and the next one not
MOST_ROUNDS = 10  # of samples, when all of them are archived: a listing does not always show it

_GONE = (ObjectNotFoundError, ObjectArchivedError)


class ExplainUnread(Protocol):
    """Explain why only `read` of `asked` samples could be read."""

    def __call__(
        self, denied: Sequence[StorageDeniedError], *, read: int, asked: int
    ) -> Finding: ...


async def first_page(store: ObjectStore, prefix: str, *, page_size: int = 1_000) -> ListingPage:
    """Return the first page of the prefix; every listing has one.

    Of a store that lists in no order it is whatever comes first, up to its last key: importing
    from there works too.
    """
    try:
        return await anext(store.list_pages(prefix, page_size=page_size))
    except UnorderedListingError:
        page = await anext(store.list_unordered(prefix, page_size=page_size))
        last = page.rows[-1].key if page.rows and page.next_token else None
        return ListingPage(None, last, page.rows, page.undecodable)


def judge_page(page: ListingPage) -> Finding:
    """Say what the listing showed."""
    if not page.rows and not page.undecodable:
        return passed("Listing works, and nothing is below the prefix yet.")
    count = len(page.rows) + len(page.undecodable)
    more = " and more" if page.last is not None else ""
    noun = "object" if count == 1 else "objects"
    return passed(f"Listing works: {count} {noun}{more} below the prefix.")


def choose_samples(page: ListingPage) -> list[Sequence[ObjectRow]]:
    """Choose objects to read, in rounds that are each spread over the page.

    Markers and what is empty or archived are left out; the rest is in one round or another.
    """
    readable = [
        row for row in page.rows if row.size and not row.archived and not row.key.endswith("/")
    ]
    step = -(-len(readable) // SAMPLES)
    return [readable[first::step] for first in range(step)]


def why_no_sample(page: ListingPage) -> str:
    """Say why a page has nothing to read, as the end of a sentence."""
    if not page.rows and not page.undecodable:
        return "nothing is below the prefix yet"
    return "the first page of the prefix shows only markers, empty and archived objects"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found, and an object to go on with, one that can be read if there is any."""

    finding: Finding
    sample: ObjectRow | None


async def read_samples(
    store: ObjectStore, rounds: Sequence[Sequence[ObjectRow]], explain: ExplainUnread
) -> Reading:
    """Read one byte of each sample; go on to the next round while all of them are archived."""
    for samples in rounds[:MOST_ROUNDS]:
        found = await asyncio.gather(*(_read_byte(store, row) for row in samples))
        read = [row for row, error in zip(samples, found, strict=True) if error is None]
        denied = [error for error in found if isinstance(error, StorageDeniedError)]
        if denied:
            finding = explain(denied, read=len(read), asked=len(samples))
            return Reading(finding, (read or samples)[0])
        for error in found:
            if error is not None and not isinstance(error, _GONE):
                raise error
        if read:
            sentence = f"Reading works: {len(read)} of {len(samples)} sampled objects."
            return Reading(passed(sentence), read[0])
    gone = "the objects that were sampled are archived or have just been removed"
    return Reading(warning(f"Reading could not be tried: {gone}."), None)


async def _read_byte(store: ObjectStore, row: ObjectRow) -> StorageError | None:
    try:
        await store.read_range(row.key, 0, 1)
    except StorageError as error:
        return error
    return None
