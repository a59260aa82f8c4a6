"""A matcher of globs that tries everything, and glob trees drawn for it: the oracle of globs."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from math import prod

from hypothesis import strategies as st

from services.ingest.glob_syntax import MOST_ALTERNATIVES


@dataclass(frozen=True)
class OneOf:
    """A set of characters."""

    members: str
    negated: bool


Part = str | OneOf
"""`*`, `?`, a set, or `=` with a character that stands for itself."""

Group = tuple[tuple[Part, ...], ...]
"""Alternatives, each a run of parts; a single one is written without braces."""


@dataclass(frozen=True)
class GlobTree:
    """A glob as its grammar sees it. A segment is a row of groups, or None for `**`."""

    leading_slash: bool
    segments: tuple[tuple[Group, ...] | None, ...]
    trailing_slash: bool

    @property
    def text(self) -> str:
        body = "/".join(
            "**" if each is None else "".join(map(_group, each)) for each in self.segments
        )
        return "/" * self.leading_slash + body + "/" * self.trailing_slash

    def matches(self, key: str) -> bool:
        anchored = self.leading_slash or len(self.segments) > 1
        rows = (None,) * (not anchored) + self.segments + (None,) * self.trailing_slash
        names = key.split("/")

        @cache
        def fits(row: int, name: int) -> bool:
            """Say whether the segments from `row` on match the names from `name` on."""
            if row == len(rows):
                return name == len(names)
            here = name < len(names)
            if rows[row] is None and row == len(rows) - 1:
                return here
            if rows[row] is None:
                return fits(row + 1, name) or (here and fits(row, name + 1))
            return here and _covers(rows[row], names[name]) and fits(row + 1, name + 1)

        return fits(0, 0)


def _group(group: Group) -> str:
    texts = ["".join(map(_part, run)) for run in group]
    return texts[0] if len(texts) == 1 else "{" + ",".join(texts) + "}"


def _part(part: Part) -> str:
    if isinstance(part, OneOf):
        return f"[{'!' * part.negated}{part.members}]"
    return part if part in ("*", "?") else part[1:].replace("*", "\\*")


def _covers(segment: tuple[Group, ...] | None, name: str) -> bool:
    return any(_run_covers(sum(runs, start=()), name) for runs in product(*segment or ()))


def _run_covers(run: tuple[Part, ...], name: str) -> bool:
    if not run:
        return not name
    head, *rest = run
    if head == "*":
        return any(_run_covers(tuple(rest), name[at:]) for at in range(len(name) + 1))
    return bool(name) and _fits_one(head, name[0]) and _run_covers(tuple(rest), name[1:])


def _fits_one(part: Part, char: str) -> bool:
    if isinstance(part, OneOf):
        return (char in part.members) is not part.negated
    return part in ("?", f"={char}")


_CHARACTERS = "ab.*é\n"

_parts = st.one_of(
    st.sampled_from(["*", "?"]),
    st.sampled_from(_CHARACTERS).map("=".__add__),
    st.builds(OneOf, st.text("ab.*", min_size=1, max_size=3), st.booleans()),
)
_runs = (
    st.lists(_parts, max_size=4)
    .filter(lambda run: ("*", "*") not in pairwise(run))  # it would be written as **
    .map(tuple)
)
_groups = st.lists(_runs, min_size=1, max_size=3).map(tuple)
_names = (
    st.lists(_groups, min_size=1, max_size=2)
    .map(tuple)
    .filter(lambda groups: "**" not in "".join(map(_group, groups)))
)


def _is_readable(tree: GlobTree) -> bool:
    """Say whether the text means the tree: an empty end would be taken for a slash of its own."""
    ends = (tree.segments[0] or (), tree.segments[-1] or ())
    groups = [group for segment in tree.segments for group in segment or ()]
    return (
        all(any(all(group) for group in end) for end in ends if end)
        and prod(map(len, groups)) <= MOST_ALTERNATIVES
    )


trees = st.builds(
    GlobTree,
    st.booleans(),
    st.lists(st.none() | _names, min_size=1, max_size=5).map(tuple),
    st.booleans(),
).filter(_is_readable)

keys = st.lists(st.text(_CHARACTERS, max_size=4), min_size=1, max_size=6).map("/".join)
