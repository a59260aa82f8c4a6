r"""The syntax of globs: what the user guide says of `*`, `**`, `?`, `[a-z]`, `{jpg,png}` and `\`.

What could be meant in two ways is refused, with the way to write it, instead of matching nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import TypeVar

from shared.errors import InvalidInputError

MOST_ALTERNATIVES = 100  # of one glob, written out: they multiply with each pair of braces
_SPECIAL = frozenset("\\*?[]{},!^-")

Part = TypeVar("Part")


class Wildcard(Enum):
    """What stands for text: within a segment, for one character of it, for whole segments."""

    STAR = "*"
    ONE = "?"
    DEEP = "**"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of a set, which never holds the slash."""

    regex: str


Atom = str | Wildcard | OneOf
"""A part of a glob; a text is one character, which stands for itself."""

Segment = tuple[Atom, ...]
_ALL_BELOW: Segment = (Wildcard.DEEP,)


def parse_glob(glob: str) -> list[list[Segment]]:
    """Return the segments of each of a glob's alternatives, or raise InvalidInputError.

    A segment `(Wildcard.DEEP,)` stands for any number of segments, at the end for one or more. No
    two of them follow each other.
    """
    return [_segments(atoms) for atoms in _Reader(glob).read()]


class _Reader:
    """Read a glob from its beginning to its end."""

    def __init__(self, glob: str) -> None:
        self._glob = glob
        self._at = 0

    def read(self) -> list[Segment]:
        """Return the atoms of each alternative; the slashes are still among them."""
        found = self._sequence()
        if self._at < len(self._glob):
            raise _refused(r"it closes a brace that is not open: write \} for the character")
        return found

    def _sequence(self, *, stop: str = "}") -> list[Segment]:
        """Read up to the end, or to one of the characters of `stop`."""
        found: list[Segment] = [()]
        run: list[Atom] = []
        while (char := self._peek()) and char not in stop:
            if char == "{":
                found, run = _joined(found, [tuple(run)]), []
                found = _joined(found, self._alternatives())
            else:
                run.append(self._atom())
        return _joined(found, [tuple(run)])

    def _alternatives(self) -> list[Segment]:
        found: list[Segment] = []
        self._take()
        while True:
            branches = self._sequence(stop=",}")
            end = self._take()
            if not end:
                raise _refused(
                    r"it opens a brace and does not close it: write \{ for the character"
                )
            if end == "}" and not found:
                raise _refused(r"its braces hold no alternatives: write \{ for the character")
            found += branches
            if len(found) > MOST_ALTERNATIVES:
                raise _too_many()
            if end == "}":
                return found

    def _atom(self) -> Atom:
        match self._take():
            case "*":
                return self._stars()
            case "?":
                return Wildcard.ONE
            case "[":
                return self._set()
            case "\\":
                return self._escaped()
            case char:
                return char

    def _stars(self) -> Wildcard:
        if self._peek() != "*":
            return Wildcard.STAR
        self._take()
        if self._peek() == "*":
            raise _refused("it has three stars in a row")
        return Wildcard.DEEP

    def _escaped(self) -> str:
        char = self._take()
        if char not in _SPECIAL or not char:
            raise _refused(r"it has a \ before a character that is not special: write \\ for one")
        return char

    def _set(self) -> OneOf:
        negated = self._peek() in ("!", "^")
        if negated:
            self._take()
        members: list[str] = []
        spans_slash = False
        while self._peek() != "]" or not members:
            first, last = self._range()
            spans_slash |= first < "/" < last
            members.append(f"{re.escape(first)}-{re.escape(last)}")
        self._take()
        found = "".join(members)
        return OneOf(f"[^/{found}]" if negated else "(?!/)" * spans_slash + f"[{found}]")

    def _range(self) -> tuple[str, str]:
        first = self._member()
        if self._peek() != "-" or self._peek(1) in ("]", ""):
            return first, first
        self._take()
        last = self._member()
        if last < first:
            raise _refused("it has a range of characters that ends before it begins")
        return first, last

    def _member(self) -> str:
        char = self._take()
        match char:
            case "":
                raise _refused(
                    r"it opens a bracket and does not close it: write \[ for the character"
                )
            case "/":
                raise _refused("it has a slash in brackets, which never match one")
            case "[" if self._peek() == ":":
                raise _refused("it has a named class of characters: write a range like [a-z]")
            case "\\":
                return self._escaped()
        return char

    def _peek(self, ahead: int = 0) -> str:
        return self._glob[self._at + ahead : self._at + ahead + 1]

    def _take(self) -> str:
        char = self._peek()
        self._at += 1
        return char


def _joined(heads: list[Segment], tails: list[Segment]) -> list[Segment]:
    if len(heads) * len(tails) > MOST_ALTERNATIVES:
        raise _too_many()
    return [head + tail for head, tail in product(heads, tails)]


def _segments(atoms: Sequence[Atom]) -> list[Segment]:
    """Cut into segments: a leading slash anchors, a trailing one stands for everything below."""
    segments = [_segment(tuple(part)) for part in _split(atoms)]
    anchored = any(atom == "/" for atom in atoms[:-1])
    if len(segments) > 1 and not segments[0]:
        del segments[0]
    if not segments[0] and len(segments) == 1:
        raise _refused("it is empty, or nothing but a slash")
    if not segments[-1]:
        segments[-1] = _ALL_BELOW
    if not anchored:
        segments.insert(0, _ALL_BELOW)
    return _collapsed(segments, _ALL_BELOW)


def _split(atoms: Sequence[Atom]) -> Iterator[list[Atom]]:
    part: list[Atom] = []
    for atom in atoms:
        if atom == "/":
            yield part
            part = []
        else:
            part.append(atom)
    yield part


def _segment(atoms: Segment) -> Segment:
    if Wildcard.DEEP in atoms and atoms != _ALL_BELOW:
        raise _refused(
            "it has ** beside other characters: write it between slashes, as in a/**/*.jpg"
        )
    return tuple(_collapsed(atoms, Wildcard.STAR))  # alternatives may have put two together


def _collapsed(parts: Iterable[Part], repeated: Part) -> list[Part]:
    """Leave one of several in a row of `repeated`."""
    found: list[Part] = []
    for part in parts:
        if not (part == repeated and found[-1:] == [part]):
            found.append(part)
    return found


def _too_many() -> InvalidInputError:
    return _refused(f"its braces make more than {MOST_ALTERNATIVES} alternatives")


def _refused(problem: str) -> InvalidInputError:
    return InvalidInputError(f"The glob cannot be read: {problem}.")
