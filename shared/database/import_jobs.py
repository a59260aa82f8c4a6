"""Import jobs: one run over a selection of an external location into a dataset."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Count, CreatedAt, Key, NewId, Table
from shared.errors import NotFoundError


class ImportJob(Table):
    """One import and its counts.

    `selection` is `prefix` (everything below `prefix`) or `source_files` (the keys of
    `import_source_file`). `state` goes queued → running → completed | failed | cancelled.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint("selection IN ('prefix', 'source_files')", name="selection"),
        CheckConstraint("mode IN ('reference')", name="mode"),
        CheckConstraint(
            "state IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="state"
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
    rejected: Mapped[Count]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


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
