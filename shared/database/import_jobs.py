"""Import jobs: one run over a selection of an external location into a dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    exists,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Count, CreatedAt, Key, NewId, Table
from shared.database.import_ranges import ImportRange
from shared.errors import ConflictError, NotFoundError

ACTIVE = ("queued", "running")
_SUMS = ("listed", "added", "changed", "restored", "unchanged", "missing", "archived")
_IS_ACTIVE = text("state IN ('queued', 'running')")


class ImportJob(Table):
    """One import and its counts.

    `selection` is `prefix` (everything below `prefix`) or `source_files` (the keys of
    `import_source_file`). `state` goes queued → running → completed | failed | cancelled.

    One import at a time runs for a dataset and location. Two would each be exact by itself, but
    not together: the page that one listed before an object came could be applied after the other
    had added it, and would mark it missing.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint("selection IN ('prefix', 'source_files')", name="selection"),
        CheckConstraint("mode IN ('reference')", name="mode"),
        CheckConstraint(
            "state IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="state"
        ),
        Index(
            "import_job_active_key",
            "dataset_id",
            "location_id",
            unique=True,
            postgresql_where=_IS_ACTIVE,
        ),
    )

    import_id: Mapped[NewId]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organization.org_id"), index=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.dataset_id"), index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("external_location.location_id"))
    selection: Mapped[str]
    prefix: Mapped[Key]
    mode: Mapped[str]
    state: Mapped[str]
    waiting_for: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    source_files: Mapped[Count]
    listed: Mapped[Count]
    added: Mapped[Count]
    changed: Mapped[Count]
    restored: Mapped[Count]
    unchanged: Mapped[Count]
    missing: Mapped[Count]
    archived: Mapped[Count]
    rejected_by_code: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def rejected(self) -> int:
        """How many keys were rejected, for whatever reason."""
        return sum(self.rejected_by_code.values())


async def get_import_job(
    session: AsyncSession, import_id: UUID, *, lock: bool = False
) -> ImportJob:
    """Return the import, or raise NotFoundError; `lock` keeps others from changing it."""
    found = await session.get(ImportJob, import_id, with_for_update=lock)
    if found is None:
        raise NotFoundError("There is no such import.")
    return found


async def list_import_jobs(
    session: AsyncSession, *, dataset_id: UUID | None, before: UUID | None, limit: int
) -> Sequence[ImportJob]:
    """Return the organization's imports, newest first."""
    query = select(ImportJob).order_by(ImportJob.import_id.desc()).limit(limit)
    if dataset_id is not None:
        query = query.where(ImportJob.dataset_id == dataset_id)
    if before is not None:
        query = query.where(ImportJob.import_id < before)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class Counts:
    """What one transaction of an import did, to be added to what the others did.

    Each listed key is added, changed, restored, unchanged or rejected. `archived` are those of
    them that must be restored before they can be read, `missing` the assets whose object is gone.
    """

    listed: int = 0
    added: int = 0
    changed: int = 0
    restored: int = 0
    unchanged: int = 0
    missing: int = 0
    archived: int = 0
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)


async def add_import_job(
    session: AsyncSession,
    *,
    org_id: UUID,
    dataset_id: UUID,
    location_id: UUID,
    selection: str,
    prefix: str,
    source_files: int = 0,
    rejected_by_code: Mapping[str, int] | None = None,
) -> ImportJob:
    """Store a queued import, of whose source files some may be rejected already.

    Raise ConflictError while another one of the same place is active.
    """
    rejected = dict(rejected_by_code or {})
    added = await session.scalars(
        insert(ImportJob)
        .values(
            org_id=org_id,
            dataset_id=dataset_id,
            location_id=location_id,
            selection=selection,
            prefix=prefix,
            mode="reference",
            state="queued",
            source_files=source_files,
            listed=sum(rejected.values()),
            rejected_by_code=rejected,
        )
        .on_conflict_do_nothing(
            index_elements=[ImportJob.dataset_id, ImportJob.location_id], index_where=_IS_ACTIVE
        )
        .returning(ImportJob)
    )
    job = added.one_or_none()
    if job is None:
        raise another_import(await find_active_import(session, dataset_id, location_id))
    return job


def another_import(active: ImportJob | None) -> ConflictError:
    """Return the refusal of a second import, with the first one's id unless it has just ended."""
    return ConflictError(
        "Another import from this location into this dataset is not finished.",
        import_id=None if active is None else str(active.import_id),
    )


async def find_active_import(
    session: AsyncSession, dataset_id: UUID, location_id: UUID
) -> ImportJob | None:
    """Return the import that now runs, or waits to run, from the location into the dataset."""
    query = select(ImportJob).where(
        ImportJob.dataset_id == dataset_id, ImportJob.location_id == location_id, _IS_ACTIVE
    )
    return (await session.scalars(query)).one_or_none()


async def start_import(session: AsyncSession, import_id: UUID, now: datetime) -> None:
    """Let a queued import run; one that runs already is left alone."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "queued")
        .values(state="running", started_at=now)
    )


async def add_counts(session: AsyncSession, import_id: UUID, counts: Counts) -> bool:
    """Add to the counts of a running import; False, and nothing added, when it does not run.

    A worker that gets False must write nothing: the import was cancelled or has failed. The row
    lock makes a cancellation wait for this transaction, or this transaction see it.
    """
    sums = {name: getattr(ImportJob, name) + getattr(counts, name) for name in _SUMS}
    added = await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(sums | {"rejected_by_code": _raised(counts.rejected_by_code), "waiting_for": None})
        .returning(ImportJob.import_id)
    )
    return added.one_or_none() is not None


async def complete_import(session: AsyncSession, import_id: UUID, now: datetime) -> None:
    """Complete a running import whose ranges are all done.

    It comes after `add_counts`, whose row lock lets the transaction of another last range commit
    first, so that one of the two sees that none is open.
    """
    await session.execute(
        update(ImportJob)
        .where(
            ImportJob.import_id == import_id,
            ImportJob.state == "running",
            ~exists().where(ImportRange.import_id == import_id, ImportRange.state == "open"),
        )
        .values(state="completed", finished_at=now)
    )


async def wait_for(session: AsyncSession, import_id: UUID, code: str) -> None:
    """Say what a running import waits for, until its next page is applied."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, ImportJob.state == "running")
        .values(waiting_for=code)
    )


async def fail_import(
    session: AsyncSession, import_id: UUID, *, code: str, detail: str, now: datetime
) -> None:
    """End an active import with the reason; its counts and cursors stay."""
    await session.execute(
        update(ImportJob)
        .where(ImportJob.import_id == import_id, _IS_ACTIVE)
        .values(
            state="failed",
            failure_code=code,
            failure_detail=detail,
            finished_at=now,
            waiting_for=None,
        )
    )


def _raised(rejected: Mapping[str, int]) -> ColumnElement[dict[str, int]]:
    """Return the counts by code with these added, to be computed under the row's lock."""
    entries: list[str | ColumnElement[int]] = []
    for code, more in rejected.items():
        before = ImportJob.rejected_by_code[code].as_integer()
        entries += [code, func.coalesce(before, 0) + more]
    return ImportJob.rejected_by_code.concat(func.jsonb_build_object(*entries))
