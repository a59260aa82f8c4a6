"""Lines: what a manifest holds, one entry each, and why some hold none."""

import re
from dataclasses import dataclass
from enum import StrEnum

KEY_NAMES = ("key", "uri", "url", "source_file", "file")
"""Where an entry is: the member of a JSON object, the column of a CSV; the first one there is."""

LONGEST_LINE = 16 * 1024  # bytes: a key of 1,024 with whatever else stands beside it
MOST_LINES = 10_000_000
BATCH_LINES = 5_000

_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what decoding makes of such bytes (PEP 383)


class BadLineCode(StrEnum):
    """Why a line holds no entry."""

    TOO_LONG = "line-too-long"
    NOT_UTF8 = "line-not-utf8"
    NOT_JSON = "line-not-json"
    NO_KEY = "line-without-key"
    BROKEN_QUOTES = "line-broken-quotes"


_REASONS = {
    BadLineCode.TOO_LONG: f"The line has more than {LONGEST_LINE:,} bytes.",
    BadLineCode.NOT_UTF8: "The line is not valid UTF-8.",
    BadLineCode.NOT_JSON: "The line is not JSON.",
    BadLineCode.NO_KEY: "The line holds no key.",
    BadLineCode.BROKEN_QUOTES: "The line has quotes that do not open and close a field.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, verbatim, and the number of the line where it begins; the first line is 1."""

    number: int
    entry: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line without an entry: a stable code, and a sentence for who made the manifest."""

    number: int
    code: BadLineCode

    @property
    def reason(self) -> str:
        return _REASONS[self.code]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow each other, the first with this number; none but a last one is cut off.

    They are without their line feeds, and with their carriage returns. `suspicious` says that one
    of them may be too long or not UTF-8; a byte that is none is a lone surrogate.
    """

    number: int
    lines: list[str]
    suspicious: bool

    @property
    def last(self) -> int:
        return self.number + len(self.lines) - 1


def find_fault(number: int, text: str) -> BadLine | None:
    """Return what is wrong with a line, or with a record of several, before it is parsed."""
    if len(text.encode(errors="surrogateescape")) > LONGEST_LINE:
        return BadLine(number, BadLineCode.TOO_LONG)
    if _NOT_UTF8.search(text):
        return BadLine(number, BadLineCode.NOT_UTF8)
    return None
