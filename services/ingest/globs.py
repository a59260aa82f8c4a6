"""Globs: patterns that keys match, in bounded time however hostile the glob and the key.

Keys are opaque: `a//b` has an empty segment, `.` and `..` are names like others. A glob has
segments as a key has, each of which stands for exactly one of the key's, but `**` for any number.
So the work is at most the length of the glob times that of the key. Within a segment, what follows
a `*` is taken where it is found first, and is never looked for again (an atomic group); between two
`**` the same holds for the row of segments, whose number is fixed.
"""

import re
from collections.abc import Iterator, Sequence

from services.ingest.glob_syntax import Atom, OneOf, Segment, Wildcard, parse_glob
from shared.errors import InvalidInputError

MOST_ATOMS = 25_000  # 50 globs of 500 characters, and no more with their alternatives written out

_ANY_SEGMENTS = "(?:[^/]*+/)*?"
_DEEP: Segment = (Wildcard.DEEP,)


class Globs:
    """Match keys against several globs at once, from the character `start` of a key on."""

    def __init__(self, globs: Sequence[str], *, start: int = 0) -> None:
        """Raise InvalidInputError for a glob that is none, or for too much of them."""
        patterns = [each for glob in globs for each in parse_glob(glob)]
        names = [segment for pattern in patterns for segment in pattern if segment != _DEEP]
        if sum(map(len, names)) > MOST_ATOMS:
            raise InvalidInputError(
                "The globs are too long together, with their alternatives written out."
            )
        prefixes, suffixes, regexes = list[str](), list[str](), list[str]()
        for pattern in patterns:
            if (prefix := _prefix(pattern)) is not None:
                prefixes.append(prefix)
            elif (suffix := _suffix(pattern)) is not None:
                suffixes.append(suffix)
            else:
                regexes.append(_regex(pattern))
        self._start = start
        self._prefixes, self._suffixes = tuple(prefixes), tuple(suffixes)
        self._match = re.compile("|".join(regexes), re.DOTALL).match if regexes else None

    def matches(self, key: str) -> bool:
        """Say whether one of the globs matches the key."""
        start = self._start
        return (
            key.endswith(self._suffixes, start)
            or key.startswith(self._prefixes, start)
            or (self._match is not None and self._match(key, start) is not None)
        )


def _prefix(pattern: list[Segment]) -> str | None:
    """Return what all keys of `train/**` begin with, if the pattern is such a one."""
    *folders, last = pattern
    names = [_text(folder) for folder in folders]
    if last != _DEEP or None in names:
        return None
    return "".join(f"{name}/" for name in names)


def _suffix(pattern: list[Segment]) -> str | None:
    """Return what all keys of `*.jpg` end with, if the pattern is such a one."""
    match pattern:
        case [(Wildcard.DEEP,), (Wildcard.STAR, *rest)]:
            return _text(rest)
    return None


def _text(atoms: Sequence[Atom]) -> str | None:
    texts = [atom for atom in atoms if isinstance(atom, str)]
    return "".join(texts) if len(texts) == len(atoms) else None


def _regex(pattern: list[Segment]) -> str:
    """Translate a pattern, to be matched from a key's start; it goes to the end by itself."""
    first, *others = _rows(pattern)
    if not others:
        return "/".join(map(_segment, first)) + r"\Z"
    *between, last = others
    return "".join([_folders(first), *map(_found_first, between), _at_end(last)])


def _rows(pattern: list[Segment]) -> Iterator[list[Segment]]:
    """Yield the rows of segments before, between and behind the `**`; the first may be empty."""
    row: list[Segment] = []
    for segment in pattern:
        if segment == _DEEP:
            yield row
            row = []
        else:
            row.append(segment)
    yield row


def _found_first(row: list[Segment]) -> str:
    return f"(?>{_ANY_SEGMENTS}{_folders(row)})"


def _at_end(row: list[Segment]) -> str:
    if not row:
        return ""
    *folders, name = row
    if folders:
        return rf"(?>{_ANY_SEGMENTS}{_folders(folders)}{_segment(name)}\Z)"
    return rf"(?>(?:.*/)?){_segment(name)}\Z"  # the same, but there is only one place to look at


def _folders(row: list[Segment]) -> str:
    return "".join(f"{_segment(each)}/" for each in row)


def _segment(atoms: Segment) -> str:
    """Translate a segment, behind which a slash or the key's end must come."""
    head, *others = _pieces(atoms)
    if not others:
        return head
    *between, tail = others
    found = "".join(f"(?>[^/]*?{piece})" for piece in between)
    return f"{head}{found}(?>[^/]*{tail})"


def _pieces(atoms: Segment) -> Iterator[str]:
    """Yield what is before, between and behind the stars: each of a fixed length."""
    piece = ""
    for atom in atoms:
        match atom:
            case Wildcard.STAR:
                yield piece
                piece = ""
            case OneOf(regex=regex):
                piece += regex
            case str():
                piece += re.escape(atom)
            case _:
                piece += "[^/]"
    yield piece
