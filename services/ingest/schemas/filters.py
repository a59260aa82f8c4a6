"""The body of filters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.ingest.filters import Filters
from services.ingest.globs import Globs
from services.ingest.schemas.fields import storable
from shared.errors import InvalidInputError

MOST_GLOBS = 50
MOST_EXTENSIONS = 100
_LARGEST_SIZE = 2**63 - 1  # what Postgres holds

Glob = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(storable)]
Extension = Annotated[str, StringConstraints(min_length=1, max_length=50), AfterValidator(storable)]
Size = Annotated[int, Field(ge=0, le=_LARGEST_SIZE)]


class FiltersBody(BaseModel):
    """Which of the selected objects are taken: those that are like all that is asked here.

    Globs are about the part of a key behind the last slash of the import's prefix. An object is
    taken when its key matches one of `include` (if there are any) and none of `exclude`. It has one
    of the `extensions` in whatever case, at least `min_size` and at most `max_size` bytes, and was
    last modified at `modified_since` or later. With `skip_folder_markers`, empty objects whose key
    ends in a slash are not taken.
    """

    model_config = ConfigDict(extra="forbid")

    include: Annotated[list[Glob], Field(max_length=MOST_GLOBS)] = []
    exclude: Annotated[list[Glob], Field(max_length=MOST_GLOBS)] = []
    extensions: Annotated[list[Extension], Field(max_length=MOST_EXTENSIONS)] = []
    min_size: Size | None = None
    max_size: Size | None = None
    modified_since: AwareDatetime | None = None
    skip_folder_markers: bool = False

    @classmethod
    def of(cls, filters: Filters) -> Self:
        return cls.model_validate(filters, from_attributes=True)

    def filters(self) -> Filters:
        """Return what is asked, or raise InvalidInputError with the field that cannot be."""
        if (
            self.min_size is not None
            and self.max_size is not None
            and self.max_size < self.min_size
        ):
            raise InvalidInputError(
                "No object is at most max_size and at least min_size.", field="filters.max_size"
            )
        return Filters(
            include=_globs(self.include, "filters.include"),
            exclude=_globs(self.exclude, "filters.exclude"),
            extensions=_extensions(self.extensions),
            min_size=self.min_size,
            max_size=self.max_size,
            modified_since=_utc(self.modified_since),
            skip_folder_markers=self.skip_folder_markers,
        )


def _globs(globs: Sequence[str], field: str) -> tuple[str, ...]:
    for number, glob in enumerate(globs):
        _check_globs([glob], f"{field}.{number}")
    _check_globs(globs, field)
    return tuple(globs)


def _check_globs(globs: Sequence[str], field: str) -> None:
    try:
        Globs(globs)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, field=field) from error


def _extensions(texts: Sequence[str]) -> tuple[str, ...]:
    found = [text.casefold().removeprefix(".") for text in texts]
    for number, extension in enumerate(found):
        if not extension or "/" in extension or "*" in extension:
            raise InvalidInputError(
                "An extension is what follows a dot, such as jpg or nii.gz.",
                field=f"filters.extensions.{number}",
            )
    return tuple(dict.fromkeys(found))


def _utc(time: datetime | None) -> datetime | None:
    try:
        return time and time.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(
            "The time is before or after all that can be told.", field="filters.modified_since"
        ) from error
