"""Import jobs: one run over a selection of an external location into a dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.base import Count, CreatedAt, Key, NewId, Table
from shared.errors import ConflictError, NotFoundError

ACTIVE = ("queued", "running", "paused", "awaiting_decision")
IS_ACTIVE = text("state IN ('queued', 'running', 'paused', 'awaiting_decision')")
_DEFAULT_SHARE = 0.2
_MOST_TO_PAIR = 5_000_000


class ImportJob(Table):
    """One import and its counts.

    `selection` is `prefix` (everything below `prefix`), `source_files` (the keys of
    `import_source_file`) or `inventory` (what a report of the bucket lists below `prefix`);
    `source` says where a manifest or inventory is read from.

    `plan` is `none` (differences are applied as they are found), `apply` (they are found first,
    guarded by `max_missing_share`, then applied) or `dry_run` (they are only found). `state` goes
    queued → running → completed | failed | cancelled, or by way of paused and awaiting_decision;
    the latter may end as discarded. `phase` is what a started import is at.

    Imports of one dataset and location whose prefixes overlap never run at the same time. Each
    would be exact by itself, but not together: the page that one listed before an object came could
    be applied after the other had added it, and would mark it missing.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint("selection IN ('prefix', 'source_files', 'inventory')", name="selection"),
        CheckConstraint("mode IN ('reference')", name="mode"),
        CheckConstraint("plan IN ('none', 'apply', 'dry_run')", name="plan"),
        CheckConstraint("listing IN ('ordered', 'unordered')", name="listing"),
        CheckConstraint("trigger IN ('request', 'schedule', 'inventory')", name="trigger"),
        CheckConstraint("phase IN ('reading', 'scanning', 'planning', 'applying')", name="phase"),
        CheckConstraint(
            "state IN ('queued', 'running', 'paused', 'awaiting_decision', 'completed', 'failed',"
            " 'cancelled', 'discarded')",
            name="state",
        ),
        UniqueConstraint("org_id", "import_id"),
        ForeignKeyConstraint(["org_id", "dataset_id"], ["dataset.org_id", "dataset.dataset_id"]),
        ForeignKeyConstraint(
            ["org_id", "location_id"], ["external_location.org_id", "external_location.location_id"]
        ),
        Index("import_job_place_idx", "dataset_id", "location_id"),
        Index("import_job_active_idx", "location_id", postgresql_where=IS_ACTIVE),
    )

    import_id: Mapped[NewId]
    org_id: Mapped[UUID]
    dataset_id: Mapped[UUID]
    location_id: Mapped[UUID]
    selection: Mapped[str]
    prefix: Mapped[Key]
    filters: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    source: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    mode: Mapped[str]
    trigger: Mapped[str]
    plan: Mapped[str]
    max_missing_share: Mapped[float]
    pin_versions: Mapped[bool]
    listing: Mapped[str]
    state: Mapped[str]
    phase: Mapped[str | None]
    waiting_for: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    expected: Mapped[int | None] = mapped_column(BigInteger)
    source_files: Mapped[Count]
    listed: Mapped[Count]
    skipped: Mapped[Count]
    added: Mapped[Count]
    changed: Mapped[Count]
    moved: Mapped[Count]
    restored: Mapped[Count]
    unchanged: Mapped[Count]
    missing: Mapped[Count]
    archived: Mapped[Count]
    probed: Mapped[Count]
    unreadable: Mapped[Count]
    applied: Mapped[Count]
    rejected_by_code: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    skipped_by_reason: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    warnings: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, server_default=text("'[]'"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def rejected(self) -> int:
        """How many keys were rejected, for whatever reason."""
        return sum(self.rejected_by_code.values())

    @property
    def may_have_moves(self) -> bool:
        """Say whether objects vanished while others came."""
        return min(self.added, self.missing) > 0

    @property
    def can_be_paired(self) -> bool:
        """Say whether these are so few that pairing them takes a statement of seconds."""
        return self.added + self.missing <= _MOST_TO_PAIR

    @property
    def differences(self) -> int:
        """How many assets the import changed, or would change."""
        return self.added + self.changed + self.moved + self.restored + self.missing


@dataclass(frozen=True, slots=True)
class NewImport:
    """What an import is to be: the columns of ImportJob that its caller decides."""

    org_id: UUID
    dataset_id: UUID
    location_id: UUID
    selection: str
    prefix: str
    filters: Mapping[str, JsonValue] | None = None
    source: Mapping[str, JsonValue] | None = None
    trigger: str = "request"
    plan: str = "none"
    max_missing_share: float = _DEFAULT_SHARE
    pin_versions: bool = False
    expected: int | None = None
    source_files: int = 0
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)


async def get_import_job(
    session: AsyncSession, import_id: UUID, *, lock: bool = False, refresh: bool = False
) -> ImportJob:
    """Return the import, or raise NotFoundError; `lock` keeps others from changing it.

    `refresh` reads it anew where this transaction has read it before.
    """
    found = await session.get(
        ImportJob, import_id, with_for_update=lock, populate_existing=lock or refresh
    )
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


async def add_import_job(session: AsyncSession, new: NewImport) -> ImportJob:
    """Store a queued import, of whose source files some may be rejected already.

    Raise ConflictError while another one that overlaps with it is active.
    """
    await lock_place(session, new.dataset_id, new.location_id)
    active = await find_active_import(
        session, new.dataset_id, new.location_id, prefix=reach_of(new.selection, new.prefix)
    )
    if active is not None:
        raise another_import(active)
    rejected = dict(new.rejected_by_code)
    added = await session.scalars(
        insert(ImportJob)
        .values(
            org_id=new.org_id,
            dataset_id=new.dataset_id,
            location_id=new.location_id,
            selection=new.selection,
            prefix=new.prefix,
            filters=new.filters,
            source=new.source,
            mode="reference",
            trigger=new.trigger,
            plan=new.plan,
            max_missing_share=new.max_missing_share,
            pin_versions=new.pin_versions,
            listing="ordered",
            state="queued",
            expected=new.expected,
            source_files=new.source_files,
            listed=sum(rejected.values()),
            rejected_by_code=rejected,
        )
        .returning(ImportJob)
    )
    return added.one()


async def lock_place(session: AsyncSession, dataset_id: UUID, location_id: UUID) -> None:
    """Let no other transaction begin an import of the place until this one ends."""
    place = func.hashtextextended(f"{dataset_id} {location_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(place)))


def reach_of(selection: str, prefix: str) -> str:
    """Return the prefix of all keys that a selection may touch."""
    return "" if selection == "source_files" else prefix


def another_import(active: ImportJob) -> ConflictError:
    """Return the refusal of a second import, with the first one's id."""
    return ConflictError(
        "Another import from this location into this dataset is not finished.",
        import_id=str(active.import_id),
    )


async def find_active_import(
    session: AsyncSession, dataset_id: UUID, location_id: UUID, *, prefix: str
) -> ImportJob | None:
    """Return an unfinished import into the dataset that may touch keys with this prefix."""
    overlaps = or_(
        ImportJob.selection == "source_files",
        func.starts_with(ImportJob.prefix, prefix),
        func.starts_with(prefix, ImportJob.prefix),
    )
    query = (
        select(ImportJob)
        .where(
            ImportJob.dataset_id == dataset_id,
            ImportJob.location_id == location_id,
            IS_ACTIVE,
            overlaps,
        )
        .order_by(ImportJob.import_id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def has_newer_import(session: AsyncSession, job: ImportJob) -> bool:
    """Say whether an import that overlaps with this one was submitted after it."""
    prefix = reach_of(job.selection, job.prefix)
    newer = exists().where(
        ImportJob.dataset_id == job.dataset_id,
        ImportJob.location_id == job.location_id,
        ImportJob.import_id > job.import_id,
        or_(
            ImportJob.selection == "source_files",
            func.starts_with(ImportJob.prefix, prefix),
            func.starts_with(prefix, ImportJob.prefix),
        ),
    )
    return bool(await session.scalar(select(newer)))


async def find_expected(
    session: AsyncSession, dataset_id: UUID, location_id: UUID, prefix: str
) -> int | None:
    """Return how many keys the last whole scan of this very prefix listed, if there was one."""
    query = (
        select(ImportJob.listed)
        .where(
            ImportJob.dataset_id == dataset_id,
            ImportJob.location_id == location_id,
            ImportJob.prefix == prefix,
            ImportJob.selection != "source_files",
            ImportJob.state.in_(("completed", "discarded")),
        )
        .order_by(ImportJob.import_id.desc())
        .limit(1)
    )
    return await session.scalar(query)
