"""JSON lines: a string for each line, or an object that has one as a member."""

import json
import re

from services.ingest.manifests.lines import (
    KEY_NAMES,
    BadLine,
    BadLineCode,
    Block,
    Line,
    find_fault,
)

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r]*")  # RFC 8259, 2


class JsonlParser:
    """Parse lines that are JSON texts."""

    header_lines = 0

    def needs(self, block: Block) -> bool:
        """Say whether a block matters to those after it."""
        del block
        return False

    def parse(self, block: Block) -> list[Line | BadLine]:
        """Return the entries; a line without anything is none, and no fault either."""
        parse = _parse_suspicious if block.suspicious else _parse
        return [
            parse(number, text)
            for number, text in enumerate(block.lines, block.number)
            if not _BLANK.fullmatch(text)
        ]

    def finish(self) -> list[Line | BadLine]:
        """Return nothing: no line waits for another."""
        return []


def _parse_suspicious(number: int, text: str) -> Line | BadLine:
    return find_fault(number, text) or _parse(number, text)


def _parse(number: int, text: str) -> Line | BadLine:
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):  # a thousand brackets are too deep for the decoder
        return BadLine(number, BadLineCode.NOT_JSON)
    entry = value
    if isinstance(value, dict):
        entry = next((value[name] for name in KEY_NAMES if value.get(name)), None)
    if not isinstance(entry, str) or not entry:
        return BadLine(number, BadLineCode.NO_KEY)
    if not entry.isascii() and not _is_text(entry):
        return BadLine(number, BadLineCode.NOT_UTF8)
    return Line(number, entry)


def _is_text(entry: str) -> bool:
    """Say whether no half of a character was escaped, as `ud800` may be."""
    try:
        entry.encode()
    except UnicodeEncodeError:
        return False
    return True
