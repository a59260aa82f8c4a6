"""Submission: an import with its first range and that range's job, stored as one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from services.ingest.pieces import add_range
from shared.database.asset_merge import Interval, Place, has_assets
from shared.database.external_locations import may_cut_ranges
from shared.database.import_jobs import (
    ImportJob,
    NewImport,
    add_import_job,
    find_expected,
    lock_place,
)
from shared.database.rejected_keys import Rejection, add_rejected_keys
from shared.database.session import Session
from shared.database.source_files import add_source_files


async def begin_import(
    session: Session,
    new: NewImport,
    *,
    keys: Sequence[str] = (),
    rejections: Sequence[Rejection] = (),
) -> ImportJob:
    """Store an import of the selection and queue it: in a crash, all of it or nothing.

    `keys` are its source files, `rejections` those that it cannot be about. Where there are assets
    already it is planned before it is applied. A store that cannot list from a key on is listed
    once, from its beginning, and what was seen is marked. Raise ConflictError while another import
    that may touch the same keys is not finished.
    """
    await lock_place(session, new.dataset_id, new.location_id)
    new = await _settle(session, new)
    new = replace(
        new,
        source_files=len(keys) + len(rejections),
        rejected_by_code=Counter(each.code for each in rejections),
    )
    job = await add_import_job(session, new)
    await add_source_files(session, new.org_id, job.import_id, keys)
    await add_rejected_keys(
        session,
        org_id=new.org_id,
        dataset_id=new.dataset_id,
        import_id=job.import_id,
        rejections=rejections,
    )
    if new.source is not None:
        job.phase = "reading"
    await add_range(session, job, await _begin_listing(session, job), is_first=True)
    return job


async def _begin_listing(session: Session, job: ImportJob) -> str:
    """Return the kind of the first range, and note that a store lists in no order that helps.

    A listing of versions goes on behind a key in another way ("ListObjectVersions", Amazon S3 API
    Reference, key-marker), so that an import that pins versions is never marked for this.
    """
    if job.source is not None:
        return "read"
    if job.pin_versions or await may_cut_ranges(session, job.location_id):
        return "list"
    job.listing = "unordered"
    return "list" if job.selection == "source_files" else "mark"


async def _settle(session: Session, new: NewImport) -> NewImport:
    """Decide whether the import needs a plan, and say how much is to be expected of it."""
    if new.selection == "source_files":
        return new
    expected = await find_expected(session, new.dataset_id, new.location_id, new.prefix)
    if new.plan == "none":
        place = Place(new.org_id, new.dataset_id, new.location_id)
        if await has_assets(session, place, Interval(new.prefix, None, None)):
            return replace(new, plan="apply", expected=expected)
    return replace(new, expected=expected)
