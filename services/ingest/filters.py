"""Filters: which of the objects below a prefix an import takes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import compress
from operator import not_

from pydantic import AwareDatetime, JsonValue, TypeAdapter

from services.ingest.globs import Globs
from shared.storage.base import ObjectRow

_LONGEST_EXTENSION = 20  # what is longer is a name with a dot in it

Marks = list[bool]


class SkipReason(StrEnum):
    """Why an object is left out: the first of these that holds, in this order."""

    FOLDER_MARKER = "folder-marker"
    EXTENSION = "filtered-by-extension"
    SIZE = "filtered-by-size"
    AGE = "filtered-by-age"
    INCLUDE = "filtered-by-include"
    EXCLUDE = "filtered-by-exclude"


@dataclass(frozen=True, slots=True)
class Filters:
    """What an object must be like; nothing said is nothing asked.

    `extensions` are case-folded and without their leading dot, sizes are bytes, and both ends
    count. Folder markers are the empty objects whose key ends in `/`, as consoles make them.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    min_size: int | None = None
    max_size: int | None = None
    modified_since: AwareDatetime | None = None
    skip_folder_markers: bool = False

    def __bool__(self) -> bool:
        """Say whether anything is asked at all."""
        return self != _NONE

    @staticmethod
    def from_json(stored: Mapping[str, JsonValue]) -> "Filters":
        """Give back what `to_json` made."""
        return _AS_JSON.validate_python(stored)

    def to_json(self) -> dict[str, JsonValue]:
        """Return what is asked, for a column that holds JSON; nothing is an empty object."""
        asked: dict[str, JsonValue] = _AS_JSON.dump_python(self, mode="json", exclude_defaults=True)
        return asked

    def compile(self, prefix: str) -> "Selector":
        """Return what selects among objects below the prefix of an import.

        Globs are about the keys behind the last slash of the prefix. Raise InvalidInputError for
        one that cannot be read.
        """
        return Selector(tuple(_steps(self, start=prefix.rfind("/") + 1)))


def extension_of(key: str) -> str:
    """Return what follows the last dot of a key's last segment, case-folded; empty without one."""
    _, dot, extension = key.rpartition("/")[2].casefold().rpartition(".")
    return extension if dot and len(extension) <= _LONGEST_EXTENSION else ""


_NONE = Filters()
_AS_JSON = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Selected:
    """The selected rows, in their order, those left out, in any order, and why."""

    rows: Sequence[ObjectRow]
    left_out: Sequence[ObjectRow] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Step:
    """One filter: it marks the rows that pass it, and gives a reason for the others."""

    reason: SkipReason
    mark: Callable[[Sequence[ObjectRow]], Marks]

    def select(self, rows: Sequence[ObjectRow]) -> Selected:
        """Select among rows by this filter alone."""
        marks = self.mark(rows)
        if all(marks):
            return Selected(rows)
        left_out = list(compress(rows, map(not_, marks)))
        return Selected(
            list(compress(rows, marks)), left_out, Counter({self.reason: len(left_out)})
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """Select among rows, filter by filter: each looks at what those before it have left."""

    steps: Sequence[Step]

    def select(self, rows: Sequence[ObjectRow]) -> Selected:
        """Return the rows that pass every filter, and the others with the first that they fail."""
        left_out: list[ObjectRow] = []
        skipped = Counter[str]()
        for step in self.steps:
            selected = step.select(rows)
            rows = selected.rows
            left_out += selected.left_out
            skipped += selected.skipped
        return Selected(rows, left_out, skipped)


def _steps(filters: Filters, *, start: int) -> list[Step]:
    smallest, largest = filters.min_size, filters.max_size
    found = []
    if filters.skip_folder_markers:
        found.append(Step(SkipReason.FOLDER_MARKER, _mark_no_markers))
    if filters.extensions:
        found.append(Step(SkipReason.EXTENSION, _by_extension(filters.extensions)))
    if smallest is not None or largest is not None:
        found.append(Step(SkipReason.SIZE, _by_size(smallest, largest)))
    if filters.modified_since is not None:
        found.append(Step(SkipReason.AGE, _by_age(filters.modified_since)))
    if filters.include:
        included = Globs(filters.include, start=start).matches
        found.append(Step(SkipReason.INCLUDE, lambda rows: [included(row.key) for row in rows]))
    if filters.exclude:
        excluded = Globs(filters.exclude, start=start).matches
        found.append(Step(SkipReason.EXCLUDE, lambda rows: [not excluded(row.key) for row in rows]))
    return found


def _mark_no_markers(rows: Sequence[ObjectRow]) -> Marks:
    return [row.size > 0 or not row.key.endswith("/") for row in rows]


def _by_extension(extensions: Sequence[str]) -> Callable[[Sequence[ObjectRow]], Marks]:
    endings = tuple(f".{each}" for each in extensions)
    return lambda rows: [row.key.casefold().endswith(endings) for row in rows]


def _by_size(smallest: int | None, largest: int | None) -> Callable[[Sequence[ObjectRow]], Marks]:
    least, most = smallest or 0, float("inf") if largest is None else largest
    return lambda rows: [least <= row.size <= most for row in rows]


def _by_age(since: datetime) -> Callable[[Sequence[ObjectRow]], Marks]:
    return lambda rows: [row.last_modified >= since for row in rows]
