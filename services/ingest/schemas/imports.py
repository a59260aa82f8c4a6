"""Bodies of imports."""

from base64 import b64encode
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.filters import Filters
from services.ingest.imports import ImportRequest, Progress
from services.ingest.manifests.formats import ManifestFormat
from services.ingest.schemas.filters import FiltersBody
from services.ingest.sources import InventoryReport, ManifestObject
from shared.database.rejected_keys import RejectedKey
from shared.errors import InvalidInputError

MOST_SOURCE_FILES = 10_000
_FORMATS = {
    ".csv": ManifestFormat.CSV,
    ".jsonl": ManifestFormat.JSONL,
    ".ndjson": ManifestFormat.JSONL,
    ".txt": ManifestFormat.TEXT,
}


class ManifestObjectBody(BaseModel):
    """A list of source files that is an object below the location's prefix.

    Its `format` is told by its key (`.csv`, `.jsonl`, `.ndjson`, `.txt`, each with `.gz` or not)
    unless it is given.
    """

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1)]
    format: ManifestFormat | None = None

    def manifest(self) -> ManifestObject:
        """Return the manifest, or raise InvalidInputError when its format is not known."""
        name = self.key.casefold().removesuffix(".gz")
        told = next((each for end, each in _FORMATS.items() if name.endswith(end)), None)
        chosen = self.format or told
        if chosen is None:
            raise InvalidInputError(
                "The key does not tell the manifest's format: say csv, jsonl or text.",
                field="manifest.format",
            )
        return ManifestObject(self.key, chosen)


class InventoryBody(BaseModel):
    """The `manifest.json` of an S3 Inventory report of the bucket, in whatever location it lies."""

    model_config = ConfigDict(extra="forbid")

    location_id: UUID
    key: Annotated[str, Field(min_length=1)]


class NewImportBody(BaseModel):
    """Import what a location holds, without copying.

    Either everything whose key begins with `prefix` (by default the location's own prefix), or
    exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
    uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what passes
    the filters. With an `inventory`, what that lists below the prefix; a listing follows by itself,
    since the report is hours old.

    Where the dataset has assets of the location already, what differs is found first and applied
    then, unless more than `max_missing_share` of the assets (by default 0.2) would go missing: the
    import then waits for a decision. `dry_run` only finds. `pin_versions` records the version of
    each object, in a bucket that keeps them.
    """

    model_config = ConfigDict(extra="forbid")

    dataset_id: UUID
    location_id: UUID
    mode: Literal["reference"] = "reference"
    prefix: str | None = None
    source_files: (
        Annotated[
            list[Annotated[str, Field(min_length=1)]],
            Field(min_length=1, max_length=MOST_SOURCE_FILES),
        ]
        | None
    ) = None
    manifest_id: UUID | None = None
    manifest: ManifestObjectBody | None = None
    inventory: InventoryBody | None = None
    filters: FiltersBody | None = None
    pin_versions: bool = False
    dry_run: bool = False
    max_missing_share: Annotated[float, Field(ge=0, le=1)] | None = None

    def request(self) -> ImportRequest:
        """Return what is asked for, or raise InvalidInputError for both ways at once."""
        ways = ("prefix", "inventory", "source_files", "manifest_id", "manifest")
        given = [name for name in ways if getattr(self, name) is not None]
        if given == ["prefix", "inventory"]:  # what it lists below the prefix
            given.pop(0)
        if len(given) > 1:
            raise InvalidInputError(
                f"Give one of {', '.join(given)}, not several.", field=given[-1]
            )
        return ImportRequest(
            dataset_id=self.dataset_id,
            location_id=self.location_id,
            prefix=self.prefix,
            source_files=self.source_files,
            manifest_id=self.manifest_id,
            manifest=None if self.manifest is None else self.manifest.manifest(),
            inventory=None
            if self.inventory is None
            else InventoryReport(self.inventory.location_id, self.inventory.key),
            filters=None if self.filters is None else self.filters.filters(),
            pin_versions=self.pin_versions,
            dry_run=self.dry_run,
            max_missing_share=self.max_missing_share,
        )


class ImportState(StrEnum):
    """Where an import is: queued → running → completed, failed or cancelled.

    A running one may be `paused` until it is resumed, and one whose plan must be agreed to is
    `awaiting_decision` until that is applied or `discarded`.
    """

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    AWAITING_DECISION = "awaiting_decision"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


class Phase(StrEnum):
    """What a started import is at: reads its manifest or inventory, looks, thinks, writes."""

    READING = "reading"
    SCANNING = "scanning"
    PLANNING = "planning"
    APPLYING = "applying"


class SelectionBody(BaseModel):
    """What the import is about: all keys below `prefix`, or a number of `source_files`."""

    kind: Literal["prefix", "source_files", "inventory"]
    prefix: str | None
    source_files: int | None
    filters: FiltersBody | None


class CountsBody(BaseModel):
    """What the import did so far, or has found to do: with a plan, `applied` of it are done.

    `listed` are the keys that the bucket listed, or the source files that were looked for; each was
    added, changed, moved, restored, unchanged, skipped by a filter or rejected. `archived` are
    those of them whose object must be restored before it can be read; `missing` are assets whose
    object was no longer found. With a plan up to 50 of the objects that came or changed are
    `probed`, whether they can be read; `unreadable` are those of them that cannot.
    """

    listed: int
    skipped: int
    added: int
    changed: int
    moved: int
    restored: int
    unchanged: int
    missing: int
    archived: int
    probed: int
    unreadable: int
    rejected: int
    applied: int


class FailureBody(BaseModel):
    """Why an import failed."""

    code: str
    detail: str


class WarningBody(BaseModel):
    """What the caller will wonder about, though nothing failed."""

    code: str
    detail: str


class ImportBody(BaseModel):
    """One run over a selection of a location into a dataset.

    `rate` is in objects listed per second and `elapsed` in seconds, both of the running time.
    `expected` is how many keys there are to list, as far as source files or the last import of the
    prefix tell, and `remaining` the seconds that this takes at the present rate. `waiting_for` is
    the code of the error that a running import waits out by itself.
    """

    import_id: UUID
    dataset_id: UUID
    location_id: UUID
    mode: Literal["reference"]
    selection: SelectionBody
    trigger: Literal["request", "schedule", "inventory"]
    plan: Literal["none", "apply", "dry_run"]
    max_missing_share: float
    pin_versions: bool
    state: ImportState
    phase: Phase | None
    waiting_for: str | None
    failure: FailureBody | None
    counts: CountsBody
    rejected_by_code: dict[str, int]
    skipped_by_reason: dict[str, int]
    warnings: list[WarningBody]
    rate: float
    elapsed: float
    expected: int | None
    remaining: float | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        job = progress.job
        return cls(
            import_id=job.import_id,
            dataset_id=job.dataset_id,
            location_id=job.location_id,
            mode="reference",
            selection=_selection(progress),
            trigger=job.trigger,
            plan=job.plan,
            max_missing_share=job.max_missing_share,
            pin_versions=job.pin_versions,
            state=ImportState(job.state),
            phase=None if job.phase is None else Phase(job.phase),
            waiting_for=job.waiting_for,
            failure=_failure(progress),
            counts=CountsBody.model_validate(job, from_attributes=True),
            rejected_by_code=job.rejected_by_code,
            skipped_by_reason=job.skipped_by_reason,
            warnings=[WarningBody.model_validate(each) for each in job.warnings],
            rate=round(progress.rate, 1),
            elapsed=round(progress.elapsed.total_seconds(), 3),
            expected=job.source_files or job.expected,
            remaining=_seconds(progress.remaining),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


def _selection(progress: Progress) -> SelectionBody:
    job = progress.job
    by_prefix = job.selection != "source_files"
    return SelectionBody(
        kind=job.selection,
        prefix=job.prefix if by_prefix else None,
        source_files=None if by_prefix else job.source_files,
        filters=None if job.filters is None else FiltersBody.of(Filters.from_json(job.filters)),
    )


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 1)


def _failure(progress: Progress) -> FailureBody | None:
    job = progress.job
    if job.failure_code is None:
        return None
    return FailureBody(code=job.failure_code, detail=job.failure_detail or "")


class RejectedKeyBody(BaseModel):
    """A key that the import could not take.

    `key` shows bytes that are not text in hexadecimal; `key_bytes` are all of them, in base64.
    """

    key: str
    key_bytes: str
    code: str
    reason: str

    @classmethod
    def of(cls, rejected: RejectedKey) -> Self:
        return cls(
            key=rejected.key.decode(errors="backslashreplace"),
            key_bytes=b64encode(rejected.key).decode(),
            code=rejected.code,
            reason=rejected.reason,
        )


class DecisionBody(BaseModel):
    """What becomes of a plan that waits."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["apply", "discard"]
