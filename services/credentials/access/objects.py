"""Checks of the objects: can we list the prefix, and read a sample of what is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, passed, warning
from shared.egress import EgressGuard
from shared.errors import (
    ObjectArchivedError,
    ObjectNotFoundError,
    StorageDeniedError,
    StorageError,
    UnorderedListingError,
)
from shared.leases import AccessGrant, Bucket
from shared.storage.base import ListingPage, ObjectRow, ObjectStore
from shared.storage.open import open_store

SAMPLES = 16  # spread over what was listed: one folder may be readable and the next one not
FEW_SAMPLES = 5  # for a quick look
MOST_ROUNDS = 3  # of samples, when all of them are archived: a listing does not always show it
FOLDERS = 4  # that are looked into beside the first page, where there is more
FOLDER_KEYS = 100
SHOWN_KEYS = 3
SHOWN_CHARACTERS = 80

_DOTS = {".", ".."}
_GONE = (ObjectNotFoundError, ObjectArchivedError)


@dataclass(frozen=True, slots=True)
class Sample:
    """One object, and how reading its first byte went.

    `error` is None when it can be read. `kms_key` names the key that it is encrypted with, or
    that may not be used, where the store tells.
    """

    row: ObjectRow
    error: StorageError | None
    kms_key: str | None = None

    @property
    def is_denied(self) -> bool:
        return isinstance(self.error, StorageDeniedError)


ReadSample: TypeAlias = Callable[[ObjectRow], Awaitable[Sample]]


class ExplainUnread(Protocol):
    """Explain why only `read` of `asked` samples could be read, and what was denied."""

    def __call__(self, denied: Sequence[Sample], *, read: int, asked: int) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """What was seen below the prefix: the first page, and rows of some folders behind it."""

    page: ListingPage
    beyond: Sequence[ObjectRow] = ()

    @property
    def rows(self) -> list[ObjectRow]:
        return [*self.page.rows, *self.beyond]


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


async def look_around(store: ObjectStore, prefix: str, *, folders: int = FOLDERS) -> Listed:
    """List the first page, and of a larger prefix some keys of `folders` spread over the rest.

    Raise what listing the first page raises; what lies behind it is only there to be sampled.
    """
    page = await first_page(store, prefix)
    if page.last is None or not folders:
        return Listed(page)
    try:
        children = await store.list_children(prefix, after=page.last)
    except StorageError:
        return Listed(page)
    entries = [entry for entry in children.entries if entry.endswith("/")]
    found = await asyncio.gather(*(_look_into(store, each) for each in _spread(entries, folders)))
    return Listed(page, [row for rows in found for row in rows])


def judge_page(page: ListingPage) -> Finding:
    """Say what the listing showed."""
    if not page.rows and not page.undecodable:
        return passed("Listing works, and nothing is below the prefix yet.")
    count = len(page.rows) + len(page.undecodable)
    more = " and more" if page.last is not None else ""
    noun = "object" if count == 1 else "objects"
    return passed(f"Listing works: {count} {noun}{more} below the prefix.")


def choose_samples(rows: Sequence[ObjectRow], most: int = SAMPLES) -> list[Sequence[ObjectRow]]:
    """Choose objects to read, in rounds of up to `most` that are each spread over the rows.

    Markers, what is empty or archived, and keys that no browser asks for as they are written are
    left out; the rest is in one round or another.
    """
    readable = [row for row in rows if row.size and not row.archived and _is_plain(row.key)]
    step = -(-len(readable) // most)
    return [readable[first::step] for first in range(step)]


def why_no_sample(page: ListingPage) -> str:
    """Say why a page has nothing to read, as the end of a sentence."""
    if not page.rows and not page.undecodable:
        return "nothing is below the prefix yet"
    return "the first page of the prefix shows only markers, empty and archived objects"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading found, the samples, and an object that can be read if there is any."""

    finding: Finding
    samples: Sequence[Sample] = ()

    @property
    def readable(self) -> ObjectRow | None:
        return next((each.row for each in self.samples if each.error is None), None)


async def read_samples(
    read: ReadSample, rounds: Sequence[Sequence[ObjectRow]], explain: ExplainUnread
) -> Reading:
    """Read one byte of each sample; go on to the next round while all of them are archived."""
    samples: list[Sample] = []
    for rows in rounds[:MOST_ROUNDS]:
        found = await asyncio.gather(*map(read, rows))
        samples += found
        done = [each for each in found if each.error is None]
        denied = [each for each in found if each.is_denied]
        if denied:
            finding = explain(denied, read=len(done), asked=len(found))
            return Reading(finding.measuring(read=len(done), asked=len(found)), samples)
        for each in found:
            if each.error is not None and not isinstance(each.error, _GONE):
                raise each.error
        if done:
            finding = passed(_works(len(done), len(found)))
            return Reading(finding.measuring(read=len(done), asked=len(found)), samples)
    gone = "the objects that were sampled are archived or have just been removed"
    return Reading(warning(f"Reading could not be tried: {gone}."), samples)


def judge_archived(rows: Sequence[ObjectRow], samples: Sequence[Sample]) -> Finding:
    """Say how many of the objects that were seen must be restored before they can be read."""
    tried = {each.row.key for each in samples if isinstance(each.error, ObjectArchivedError)}
    archived = [row.key for row in rows if row.archived or row.key in tried]
    if not archived:
        return passed("No object that was seen is archived.").measuring(archived=0, seen=len(rows))
    finding = warning(
        f"{len(archived)} of {len(rows)} objects that were seen are archived, as"
        f" {show_keys(archived)}: they are imported, and cannot be read until they are restored.",
        Cause(CauseKind.ARCHIVED, "Restore the objects, or leave them out of imports."),
    )
    return finding.measuring(archived=len(archived), seen=len(rows))


def show_keys(keys: Sequence[str]) -> str:
    """Name some keys in a sentence, and how many more there are."""
    shown = [_shorten(key) for key in keys[:SHOWN_KEYS]]
    more = len(keys) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


@asynccontextmanager
async def open_reader(
    bucket: Bucket, access: AccessGrant, egress: EgressGuard
) -> AsyncIterator[ReadSample]:
    """Open what reads samples from any store."""
    async with open_store(bucket, access, egress=egress) as store:

        async def read(row: ObjectRow) -> Sample:
            try:
                await store.read_range(row.key, 0, 1)
            except StorageError as error:
                return Sample(row, error)
            return Sample(row, None)

        yield read


def _is_plain(key: str) -> bool:
    """Say whether a URL keeps the key: dot segments are taken out of paths (URL Standard)."""
    return not key.endswith("/") and not _DOTS & set(key.split("/"))


def _works(read: int, asked: int) -> str:
    return f"Reading works: {read} of {asked} sampled objects."


async def _look_into(store: ObjectStore, folder: str) -> Sequence[ObjectRow]:
    try:
        return (await first_page(store, folder, page_size=FOLDER_KEYS)).rows
    except StorageError:
        return ()


def _spread(entries: Sequence[str], most: int) -> Sequence[str]:
    return entries[:: -(-len(entries) // most)] if entries else ()


def _shorten(key: str) -> str:
    text = ascii(key) if not key.isprintable() else f"`{key}`"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
