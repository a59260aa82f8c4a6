"""Looks: what one page of a bucket tells of an import."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.ingest.filters import Filters, extension_of
from services.ingest.near_misses import NearMiss, NoMatch, explain_no_match, find_near_filters
from services.ingest.selectors import Selection
from shared.database.rejected_keys import Rejection
from shared.storage.base import ObjectRow

MOST_SAMPLES = 20
MOST_EXTENSIONS = 20
MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many keys are not taken for one reason, and the first few of them."""

    reason: str
    count: int
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Look:
    """The objects and rejected keys that were looked at; `is_complete` when there are no others."""

    rows: Sequence[ObjectRow]
    rejections: Sequence[Rejection]
    is_complete: bool

    @property
    def listed(self) -> int:
        return len(self.rows) + len(self.rejections)


@dataclass(frozen=True, slots=True)
class Preview:
    """What of a look an import would take, and why not the rest.

    `warning` is there when it would take nothing; `near_misses` say what it might.
    """

    prefix: str
    look: Look
    taken: Sequence[ObjectRow]
    skipped: Sequence[LeftOut]
    rejected: Sequence[LeftOut]
    near_misses: Sequence[NearMiss]
    warning: NoMatch | None

    @property
    def size(self) -> int:
        """How many bytes the taken objects have together."""
        return sum(row.size for row in self.taken)

    @property
    def archived(self) -> int:
        return sum(row.archived for row in self.taken)

    @property
    def sample_keys(self) -> list[str]:
        return [row.key for row in self.taken[:MOST_SAMPLES]]

    def count_extensions(self) -> Mapping[str, int]:
        """Return the most frequent extensions, most first; empty for keys without one."""
        counts = Counter(extension_of(row.key) for row in self.taken)
        return dict(counts.most_common(MOST_EXTENSIONS))

    def count_storage_classes(self) -> Mapping[str, int]:
        """Return the storage classes, most frequent first."""
        return dict(Counter(row.storage_class for row in self.taken).most_common())


def judge(
    look: Look, selection: Selection, filters: Filters, near_prefixes: Sequence[NearMiss]
) -> Preview:
    """Return what of a look the filters let pass, and what is near when that is nothing."""
    taken, skipped = look.rows, list[LeftOut]()
    for step in filters.compile(selection.prefix).steps:
        selected = step.select(taken)
        taken = selected.rows
        if selected.left_out:
            keys = [row.key for row in selected.left_out]
            skipped.append(LeftOut(step.reason, len(keys), keys[:MOST_EXAMPLES]))
    near, warning = list(near_prefixes), None
    if not taken:
        if look.rows:
            near += find_near_filters(filters, selection.prefix, look.rows)
        warning = explain_no_match(
            selection.kind,
            listed=look.listed,
            skipped={each.reason: each.count for each in skipped},
            rejected=len(look.rejections),
            is_complete=look.is_complete,
            near_misses=near,
        )
    rejected = _by_code(look.rejections)
    return Preview(selection.prefix, look, taken, skipped, rejected, near, warning)


def _by_code(rejections: Sequence[Rejection]) -> list[LeftOut]:
    keys: dict[str, list[str]] = {}
    for each in rejections:
        keys.setdefault(each.code, []).append(each.key.decode(errors="backslashreplace"))
    return [LeftOut(code, len(some), some[:MOST_EXAMPLES]) for code, some in sorted(keys.items())]
