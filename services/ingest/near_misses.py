"""Near misses: why nothing matches, and what would."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.ingest.filters import Filters, SkipReason, extension_of
from services.ingest.globs import Globs
from shared.errors import InvalidInputError
from shared.storage.base import ObjectRow

NOTHING_LISTED = "nothing-listed"
EVERYTHING_SKIPPED = "everything-skipped"
EVERYTHING_REJECTED = "everything-rejected"

_SHOWN = 3  # examples in a sentence
_SAMPLE = 100

_SKIPPED_FOR = {
    SkipReason.FOLDER_MARKER: "are folder markers",
    SkipReason.EXTENSION: "have another extension",
    SkipReason.SIZE: "have another size",
    SkipReason.AGE: "are older",
    SkipReason.INCLUDE: "match no glob of include",
    SkipReason.EXCLUDE: "match a glob of exclude",
}


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What is near to what was asked: a sentence, the field to change, and its value if known."""

    detail: str
    field: str
    value: str | int | None = None


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Why a selection holds nothing: a stable code, and sentences for people."""

    code: str
    detail: str


def explain_no_match(
    selection: str,
    *,
    listed: int,
    skipped: Mapping[str, int],
    rejected: int = 0,
    is_complete: bool = True,
    near_misses: Sequence[NearMiss] = (),
) -> NoMatch:
    """Say why nothing of a selection matches, from the counts of what was looked at.

    Of the `listed` keys some are `rejected` and the others skipped; `skipped` counts those whose
    reason is known. `is_complete` says that nothing is left to look at.
    """
    if listed == 0:
        code, why = NOTHING_LISTED, "No key begins with the prefix."
    elif listed == rejected:
        code, why = EVERYTHING_REJECTED, _rejected(selection, rejected)
    else:
        code, why = EVERYTHING_SKIPPED, _skipped(listed, skipped, rejected)
    if not is_complete:
        why += " There are more than were looked at."
    return NoMatch(code, " ".join([why, *(miss.detail for miss in near_misses[:1])]))


def _rejected(selection: str, rejected: int) -> str:
    if selection == "source_files":
        return f"None of the {rejected:,} source files can be taken: see the rejected keys."
    return f"None of the {rejected:,} keys can be taken: see the rejected keys."


def _skipped(listed: int, skipped: Mapping[str, int], rejected: int) -> str:
    parts = [
        f"{count:,} {_SKIPPED_FOR[SkipReason(reason)]}"
        for reason, count in sorted(skipped.items(), key=lambda item: -item[1])
    ]
    if rejected:
        parts.append(f"{rejected:,} were rejected")
    why = f": {', '.join(parts)}" if parts else ""
    return f"None of the {listed:,} keys matches{why}."


def find_near_filters(filters: Filters, prefix: str, rows: Sequence[ObjectRow]) -> list[NearMiss]:
    """Say what the filters would have to be for some of these rows to pass, of which none does.

    It is told of the rows that the fewest filters leave out; first of the filter that leaves out
    the most of them.
    """
    steps = filters.compile(prefix).steps
    marks = [step.mark(rows) for step in steps]
    failed = [column.count(False) for column in zip(*marks, strict=True)]
    fewest = min(failed, default=0)  # one, unless no single filter is to blame
    to_blame = [
        (
            step.reason,
            [
                row
                for row, passed, count in zip(rows, column, failed, strict=True)
                if count == fewest and not passed
            ],
        )
        for step, column in zip(steps, marks, strict=True)
    ]
    to_blame.sort(key=lambda each: -len(each[1]))
    return [_near(reason, filters, prefix, found) for reason, found in to_blame if found]


def _near(reason: SkipReason, filters: Filters, prefix: str, rows: Sequence[ObjectRow]) -> NearMiss:
    """Say what the one filter would have to be for these rows, of which none passes it."""
    match reason:
        case SkipReason.FOLDER_MARKER:
            sentence = "There are only empty folder markers."
            return NearMiss(sentence, "filters.skip_folder_markers")
        case SkipReason.EXTENSION:
            return _near_extension(rows)
        case SkipReason.SIZE:
            return _near_size(filters, [row.size for row in rows])
        case SkipReason.AGE:
            newest = max(row.last_modified for row in rows).isoformat().replace("+00:00", "Z")
            sentence = f"The newest object was last modified at {newest}."
            return NearMiss(sentence, "filters.modified_since", newest)
        case SkipReason.INCLUDE:
            return _near_include(filters.include, prefix, _sample_keys(rows))
        case SkipReason.EXCLUDE:
            return _near_exclude(filters.exclude, prefix, _sample_keys(rows))


def _sample_keys(rows: Sequence[ObjectRow]) -> list[str]:
    """Return some of the keys from everywhere: each glob is tried on them in several ways."""
    return [row.key for row in rows[:: 1 + len(rows) // _SAMPLE]]


def _near_extension(rows: Sequence[ObjectRow]) -> NearMiss:
    counts = Counter(extension_of(row.key) for row in rows)
    shown = ", ".join(
        f".{extension} ({count:,})" if extension else f"none ({count:,})"
        for extension, count in counts.most_common(_SHOWN)
    )
    best = next((extension for extension, _ in counts.most_common() if extension), None)
    return NearMiss(f"The extensions are: {shown}.", "filters.extensions", best)


def _near_size(filters: Filters, sizes: Sequence[int]) -> NearMiss:
    largest = max(sizes)
    if filters.min_size is not None and largest < filters.min_size:
        return NearMiss(f"The largest object has {largest:,} bytes.", "filters.min_size", largest)
    smallest = min(size for size in sizes if size > (filters.max_size or 0))
    sentence = f"The smallest object above max_size has {smallest:,} bytes."
    return NearMiss(sentence, "filters.max_size", smallest)


def _near_include(globs: Sequence[str], prefix: str, keys: Sequence[str]) -> NearMiss:
    start = prefix.rfind("/") + 1
    rest = [key[start:] for key in keys]
    folded = [key.casefold() for key in rest]
    for number, glob in enumerate(globs):
        field = f"filters.include.{number}"
        for changed, why in _rewritten(glob, prefix[:start]):
            if _matches_one(changed, rest):
                return NearMiss(why, field, changed)
        if _matches_one(glob.casefold(), folded):
            return NearMiss("A glob tells upper case from lower case.", field)
    return NearMiss(f"Behind the prefix, keys look like this: {rest[0]!r}.", "filters.include")


def _rewritten(glob: str, base: str) -> Iterator[tuple[str, str]]:
    """Yield what somebody may have meant by a glob, and the rule that they did not know."""
    bare = glob.removeprefix("/")
    if base and base in bare:
        yield bare.partition(base)[2], "A glob is about what follows the last slash of the prefix."
    yield f"{glob}/", "A glob that is to match all below a folder ends in a slash."
    yield f"**/{bare}", "A glob with a slash in it begins right behind the prefix."


def _near_exclude(globs: Sequence[str], prefix: str, keys: Sequence[str]) -> NearMiss:
    start = prefix.rfind("/") + 1
    counts = [sum(map(Globs([glob], start=start).matches, keys)) for glob in globs]
    number = counts.index(max(counts))
    sentence = f"This glob leaves out {counts[number]:,} of {len(keys):,} keys."
    return NearMiss(sentence, f"filters.exclude.{number}")


def _matches_one(glob: str, keys: Sequence[str]) -> bool:
    try:
        return any(map(Globs([glob]).matches, keys))
    except InvalidInputError:  # what was changed is no glob: then it is not what was meant
        return False
