"""Batches: what some rows of a data file say, column by column, becomes objects' rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.errors import InvalidInventoryError
from shared.storage.base import DEFAULT_STORAGE_CLASS, ObjectRow, UndecodableKey

BATCH_ROWS = 10_000
_LARGEST_SIZE = 2**63 - 1  # what Postgres holds


@dataclass(frozen=True, slots=True)
class RowBatch:
    """The objects among the rows of a data file up to its row `last`, counted from 1.

    They are in no order. Versions that are not the latest, and delete markers, are none.
    """

    last: int
    rows: list[ObjectRow]
    undecodable: list[UndecodableKey]


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal length; of `classes` and `versions` there may be none."""

    keys: Sequence[str | UndecodableKey]
    sizes: Sequence[int]
    etags: Sequence[str | None]
    times: Sequence[datetime]
    classes: Sequence[str | None] | None
    versions: Sequence[str | None] | None

    def batch(self, last: int) -> RowBatch:
        """Return the rows. Raise InvalidInventoryError for a size that no object has."""
        if self.sizes and not 0 <= min(self.sizes) <= max(self.sizes) <= _LARGEST_SIZE:
            raise broken_row(last)
        count = len(self.keys)
        etags = [(etag or "").strip('"') for etag in self.etags]
        classes = [each or DEFAULT_STORAGE_CLASS for each in self.classes or [None] * count]
        versions = [each or None for each in self.versions or [None] * count]
        rows = [
            ObjectRow(key, size, etag, time, storage_class, version)
            for key, size, etag, time, storage_class, version in zip(
                self.keys, self.sizes, etags, self.times, classes, versions, strict=True
            )
            if isinstance(key, str)
        ]
        undecodable = [key for key in self.keys if isinstance(key, UndecodableKey)]
        return RowBatch(last, rows, undecodable)


def parse_times(texts: Sequence[str]) -> list[datetime]:
    """Return ISO 8601 times, in UTC where they do not say. Raise ValueError for what is none."""
    times = [*map(datetime.fromisoformat, texts)]
    if {time.tzinfo for time in times} <= {UTC}:
        return times
    return [time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC) for time in times]


def broken_row(last: int) -> InvalidInventoryError:
    """Return what to say when one of the rows up to `last` is not as S3 writes them."""
    return InvalidInventoryError(
        f"A row of the inventory's data file, at or a little before row {last:,}, has no key, size"
        " or time, or one that is none."
    )
