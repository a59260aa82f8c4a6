"""Bodies of previews."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.filters import Filters
from services.ingest.looks import LeftOut, Preview
from services.ingest.near_misses import NearMiss
from services.ingest.previews import PreviewRequest
from services.ingest.schemas.filters import FiltersBody
from services.ingest.schemas.imports import MOST_SOURCE_FILES, WarningBody
from shared.errors import InvalidInputError


class NewPreviewBody(BaseModel):
    """Ask what an import with this selection would take: the same members mean the same.

    `pin_versions` is refused as it would be there, and else changes nothing.
    """

    model_config = ConfigDict(extra="forbid")

    location_id: UUID
    dataset_id: UUID | None = None
    mode: Literal["reference"] = "reference"
    prefix: str | None = None
    source_files: (
        Annotated[
            list[Annotated[str, Field(min_length=1)]],
            Field(min_length=1, max_length=MOST_SOURCE_FILES),
        ]
        | None
    ) = None
    filters: FiltersBody | None = None
    pin_versions: bool = False

    def request(self) -> PreviewRequest:
        """Return what is asked for, or raise InvalidInputError for what cannot be."""
        if self.prefix is not None and self.source_files is not None:
            raise InvalidInputError(
                "Give a prefix or source_files, not both.", field="source_files"
            )
        return PreviewRequest(
            location_id=self.location_id,
            dataset_id=self.dataset_id,
            prefix=self.prefix,
            source_files=self.source_files,
            filters=Filters() if self.filters is None else self.filters.filters(),
            pin_versions=self.pin_versions,
        )


class LeftOutBody(BaseModel):
    """How many keys are not taken for one reason, and some of them."""

    reason: str
    count: int
    examples: Sequence[str]

    @classmethod
    def of(cls, left_out: LeftOut) -> Self:
        return cls.model_validate(left_out, from_attributes=True)


class NearMissBody(BaseModel):
    """What is near to what was asked: the field to change, and its value where one is known."""

    detail: str
    field: str
    value: str | int | None

    @classmethod
    def of(cls, near_miss: NearMiss) -> Self:
        return cls.model_validate(near_miss, from_attributes=True)


class PreviewBody(BaseModel):
    """What an import would take of what was looked at: a page of the bucket, or some source files.

    `complete` says that there is nothing else to look at. `matched` of the `looked_at` keys would
    be taken; they have `bytes` together, and `archived` of them must be restored before they can be
    read. Extensions are in lower case, empty for keys without one, the 20 most frequent. Nothing
    to take is no error: `warning` says why, and `near_misses` what there is instead.
    """

    prefix: str
    looked_at: int
    complete: bool
    matched: int
    bytes: int
    archived: int
    sample_keys: Sequence[str]
    by_extension: dict[str, int]
    by_storage_class: dict[str, int]
    skipped: Sequence[LeftOutBody]
    rejected: Sequence[LeftOutBody]
    near_misses: Sequence[NearMissBody]
    warning: WarningBody | None

    @classmethod
    def of(cls, preview: Preview) -> Self:
        warning = preview.warning
        return cls(
            prefix=preview.prefix,
            looked_at=preview.look.listed,
            complete=preview.look.is_complete,
            matched=len(preview.taken),
            bytes=preview.size,
            archived=preview.archived,
            sample_keys=preview.sample_keys,
            by_extension=dict(preview.count_extensions()),
            by_storage_class=dict(preview.count_storage_classes()),
            skipped=[LeftOutBody.of(each) for each in preview.skipped],
            rejected=[LeftOutBody.of(each) for each in preview.rejected],
            near_misses=[NearMissBody.of(each) for each in preview.near_misses],
            warning=warning and WarningBody(code=warning.code, detail=warning.detail),
        )
