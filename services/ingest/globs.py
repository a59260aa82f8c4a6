"""Globs: patterns that keys match, in bounded time however hostile the glob and the key.

Keys are opaque: `a//b` has an empty segment, `.` and `..` are names like others. A glob has
segments as a key has, each of which stands for exactly one of the key's, but `**` for any number.
So the work is at most the length of the glob times that of the key. Within a segment, what follows
a `*` is taken where it is found first, and is never looked for again (an atomic group); between two
`**` the same holds for the row of segments, whose number is fixed.
"""

import re
from collections.abc import Iterator, Sequence

from services.ingest.glob_syntax import OneOf, Segment, Wildcard, parse_glob
from shared.errors import InvalidInputError

MOST_ATOMS = 2_500  # with a hostile key of 1,024 bytes, they take some 10 ms

_ANY_SEGMENTS = "(?:[^/]*+/)*?"
_DEEP: Segment = (Wildcard.DEEP,)


class Globs:
    """Match keys against several globs at once, from the character `start` of a key on.

    `start` is 0 or behind a slash. Most globs mean that a key is, begins or ends in a certain way:
    for these nothing is searched. The others become a regular expression.
    """

    def __init__(self, globs: Sequence[str], *, start: int = 0) -> None:
        """Raise InvalidInputError for a glob that is none, and for too much to search for."""
        names, prefixes, suffixes = set[str](), list[str](), list[str]()
        searched: list[list[Segment]] = []
        for pattern in (each for glob in globs for each in parse_glob(glob)):
            *folders, last = pattern
            if _is_text(pattern):
                names.add(_text(pattern))
            elif _is_text(folders) and last == _DEEP:
                prefixes.append("".join(f"{_text([folder])}/" for folder in folders))
            elif folders == [_DEEP] and _is_text([last]):
                names.add(_text([last]))
                suffixes.append(f"/{_text([last])}")
            elif folders == [_DEEP] and last[0] is Wildcard.STAR and _is_text([last[1:]]):
                suffixes.append(_text([last[1:]]))
            else:
                searched.append(pattern)
        if sum(len(segment) for pattern in searched for segment in pattern) > MOST_ATOMS:
            raise InvalidInputError(
                "The globs are too long together, with their alternatives written out."
            )
        self._start, self._names = start, frozenset(names)
        self._prefixes, self._suffixes = tuple(prefixes), tuple(suffixes)
        regex = "|".join(map(_regex, searched))
        self._match = re.compile(regex, re.DOTALL).match if searched else None

    def matches(self, key: str) -> bool:
        """Say whether one of the globs matches the key."""
        start = self._start
        return (
            key.endswith(self._suffixes, start)
            or key.startswith(self._prefixes, start)
            or (bool(self._names) and key[start:] in self._names)
            or (self._match is not None and self._match(key, start) is not None)
        )


def _is_text(segments: Sequence[Segment]) -> bool:
    return all(isinstance(atom, str) for segment in segments for atom in segment)


def _text(segments: Sequence[Segment]) -> str:
    return "/".join("".join(map(str, segment)) for segment in segments)


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
