"""Bodies of imports."""

from base64 import b64encode
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.ingest.imports import ImportRequest, Progress
from shared.database.rejected_keys import RejectedKey
from shared.errors import InvalidInputError

MOST_SOURCE_FILES = 10_000


class NewImportBody(BaseModel):
    """Import what a location holds, without copying.

    Either everything whose key begins with `prefix` (by default the location's own prefix), or
    exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`.
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

    def request(self) -> ImportRequest:
        """Return what is asked for, or raise InvalidInputError for both ways at once."""
        if self.prefix is not None and self.source_files is not None:
            raise InvalidInputError(
                "Give a prefix or source_files, not both.", field="source_files"
            )
        return ImportRequest(self.dataset_id, self.location_id, self.prefix, self.source_files)


class ImportState(StrEnum):
    """Where an import is: queued → running → completed, failed or cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SelectionBody(BaseModel):
    """What the import is about: all keys below `prefix`, or a number of `source_files`."""

    kind: Literal["prefix", "source_files"]
    prefix: str | None
    source_files: int | None


class CountsBody(BaseModel):
    """What the import did so far.

    `listed` are the keys that the bucket listed, or the source files that were looked for; each was
    added, changed, restored, unchanged or rejected. `archived` are those of them whose object must
    be restored before it can be read; `missing` are assets whose object was no longer found.
    """

    listed: int
    added: int
    changed: int
    restored: int
    unchanged: int
    missing: int
    archived: int
    rejected: int


class FailureBody(BaseModel):
    """Why an import failed."""

    code: str
    detail: str


class ImportBody(BaseModel):
    """One run over a selection of a location into a dataset.

    `rate` is in objects listed per second and `elapsed` in seconds, both of the running time.
    `waiting_for` is the code of the error that a running import waits out by itself.
    """

    import_id: UUID
    dataset_id: UUID
    location_id: UUID
    mode: Literal["reference"]
    selection: SelectionBody
    state: ImportState
    waiting_for: str | None
    failure: FailureBody | None
    counts: CountsBody
    rejected_by_code: dict[str, int]
    rate: float
    elapsed: float
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
            state=ImportState(job.state),
            waiting_for=job.waiting_for,
            failure=_failure(progress),
            counts=CountsBody.model_validate(job, from_attributes=True),
            rejected_by_code=job.rejected_by_code,
            rate=round(progress.rate, 1),
            elapsed=round(progress.elapsed.total_seconds(), 3),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


def _selection(progress: Progress) -> SelectionBody:
    job = progress.job
    if job.selection == "prefix":
        return SelectionBody(kind="prefix", prefix=job.prefix, source_files=None)
    return SelectionBody(kind="source_files", prefix=None, source_files=job.source_files)


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
