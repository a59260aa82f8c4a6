"""Staging: the listed rows of a step, on their way into the comparison with the assets."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.ingest.filters import Filters, Selector
from services.ingest.merge import RangeWork
from services.ingest.selectors import KEY_NOT_STORABLE
from shared.database.asset_merge import (
    Scope,
    Staged,
    plan_differences,
    stage_objects,
    write_differences,
)
from shared.database.import_progress import Counts
from shared.database.import_seen import Unseen, keep_unseen, list_left_out
from shared.database.rejected_keys import Rejection, add_rejected_keys
from shared.database.session import Session
from shared.storage.base import ObjectRow, UndecodableKey
from shared.uris import LONGEST_KEY_BYTES


@dataclass(frozen=True, slots=True)
class Found:
    """What a step found: the objects that are selected, those left out, and the rejected keys."""

    rows: Sequence[ObjectRow] = ()
    left_out: Sequence[ObjectRow] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejections: Sequence[Rejection] = ()

    def up_to(self, key: str, selector: Selector | None) -> "Found":
        """Return what of it lies up to a key."""
        raw = key.encode()
        inside = [row for row in (*self.rows, *self.left_out) if row.key <= key]
        rejections = [each for each in self.rejections if each.key <= raw]
        return select_rows(inside, rejections, selector)


def selector_of(work: RangeWork) -> Selector | None:
    """Return what decides which rows belong to the import; None when all do."""
    if work.filters is None:
        return None
    return Filters.from_json(work.filters).compile(work.prefix)


def find_among(
    rows: Sequence[ObjectRow], undecodable: Sequence[UndecodableKey], selector: Selector | None
) -> Found:
    """Tell the rows that can be and are to be assets from the others."""
    rejections = [Rejection(each.raw, KEY_NOT_STORABLE, each.reason) for each in undecodable]
    too_long = [row for row in rows if _is_too_long(row.key)]
    for row in too_long:  # S3 has none, Azure and stores that speak S3's API may
        reason = f"The key has more than {LONGEST_KEY_BYTES:,} bytes."
        rejections.append(Rejection(row.key.encode(), KEY_NOT_STORABLE, reason))
    if too_long:
        rows = [row for row in rows if not _is_too_long(row.key)]
    return select_rows(rows, rejections, selector)


async def find_aside(
    rows: Sequence[ObjectRow], undecodable: Sequence[UndecodableKey], selector: Selector | None
) -> Found:
    """Find among rows beside the event loop, which hostile globs would hold for seconds."""
    if selector is None:
        return find_among(rows, undecodable, None)
    return await asyncio.to_thread(find_among, rows, undecodable, selector)


def select_rows(
    rows: Sequence[ObjectRow], rejections: Sequence[Rejection], selector: Selector | None
) -> Found:
    """Let the import's filters decide which of the rows it takes."""
    if selector is None:
        return Found(rows, rejections=rejections)
    selected = selector.select(rows)
    return Found(selected.rows, selected.left_out, selected.skipped, rejections)


async def merge_found(session: Session, work: RangeWork, found: Found, scope: Scope) -> Counts:
    """Compare what was found with the scope's assets; write or plan what differs, and count all."""
    await stage_objects(session, _staged(found, with_left_out=scope.marks_missing))
    totals = Unseen(
        selected=len(found.rows),
        left_out=len(found.left_out),
        archived=sum(row.archived for row in found.rows),
    )
    return await _compare(session, work, found, scope, totals)


async def merge_marked(session: Session, work: RangeWork, found: Found) -> Counts:
    """Compare those that the import has not seen before with the assets of their keys.

    It takes what lies between two tokens, or in a file, where the same key may come again.
    """
    await stage_objects(session, _staged(found, with_left_out=True))
    totals = await keep_unseen(session, work.place.org_id, work.import_id)
    if totals.left_out < len(found.left_out):
        found = replace(found, skipped=await _count_unseen(session, work, found))
    scope = Scope(work.place, work.import_id, None)
    return await _compare(session, work, found, scope, totals)


async def _compare(
    session: Session, work: RangeWork, found: Found, scope: Scope, totals: Unseen
) -> Counts:
    if work.is_planned:
        differences = await plan_differences(session, scope)
    else:
        differences = await write_differences(session, scope)
    rejected = await add_rejected_keys(
        session,
        org_id=work.place.org_id,
        dataset_id=work.place.dataset_id,
        import_id=work.import_id,
        rejections=found.rejections,
    )
    fresh = differences.added + differences.changed + differences.restored
    return Counts(
        listed=totals.selected + totals.left_out + sum(rejected.values()),
        skipped=totals.left_out,
        added=differences.added,
        changed=differences.changed,
        restored=differences.restored,
        unchanged=totals.selected - fresh,
        missing=differences.missing,
        archived=totals.archived,
        rejected_by_code=rejected,
        skipped_by_reason=found.skipped,
    )


async def _count_unseen(session: Session, work: RangeWork, found: Found) -> Mapping[str, int]:
    """Count, by their reasons, those left out that were not seen before."""
    unseen, selector = await list_left_out(session), selector_of(work)
    rows = [row for row in found.left_out if row.key in unseen]
    return selector.select(rows).skipped if selector is not None else {}


def _staged(found: Found, *, with_left_out: bool) -> Iterator[Staged]:
    """Yield rows of the staging table: a listing's, which has its columns, and two more."""
    for row in found.rows:
        yield *row, "archived" if row.archived else "available", True
    if with_left_out:
        for row in found.left_out:
            yield *row, "archived" if row.archived else "available", False


def _is_too_long(key: str) -> bool:
    return len(key) * 4 > LONGEST_KEY_BYTES and len(key.encode()) > LONGEST_KEY_BYTES
