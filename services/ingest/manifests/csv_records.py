"""CSV: an entry for each record of RFC 4180, in the first column or in the one that says so."""

import re
from collections.abc import Iterator

from services.ingest.manifests.lines import (
    KEY_NAMES,
    LONGEST_LINE,
    BadLine,
    BadLineCode,
    Block,
    Line,
    find_fault,
)

# Possessive, so that no text takes longer than one pass: what does not match is not tried again.
_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
_FIELD = rf'(?:{_QUOTED}|[^",\n]*+)'
_RECORD = re.compile(rf"{_FIELD}(?:,{_FIELD})*+")
_FIELDS = re.compile(rf"({_FIELD})(?:,|$)")
_OPEN = re.compile(rf'(?:{_FIELD},)*+"[^"]*+(?:""[^"]*+)*+')


class CsvParser:
    """Parse records, of which one in quotes may have several lines.

    A quote that is never closed makes its own line bad, and none of those behind it: an open
    record ends at the longest that one may be, and is then parsed anew from its second line. RFC
    4180 allows quotes around fields only, so an open record's other lines have an even number of
    them each, and nothing is parsed more than twice.
    """

    def __init__(self) -> None:
        self.header_lines = 0
        self._column: int | None = None
        self._entry = _entry_of(0)
        self._open: list[str] = []
        self._open_number = 0
        self._open_length = 0

    def needs(self, block: Block) -> bool:
        """Say whether a block matters to those after it."""
        return self._column is None or bool(self._open) or _has_quotes(block)

    def parse(self, block: Block) -> list[Line | BadLine]:
        """Return the entries of the records that end in the block; an empty line is none."""
        if not self.needs(block) and not block.suspicious:
            return [*self._parse_simple(block)]
        return [
            found
            for number, line in enumerate(block.lines, block.number)
            for found in self._feed(number, line)
        ]

    def finish(self) -> list[Line | BadLine]:
        """Return what is left when a record was not closed."""
        return [*self._give_up()]

    def _parse_simple(self, block: Block) -> Iterator[Line | BadLine]:
        """Parse lines without quotes, each of them a record."""
        column = self._column or 0
        for number, line in enumerate(block.lines, block.number):
            text = line.removesuffix("\r")
            fields = text.split(",", column + 1)
            if len(fields) > column and fields[column]:
                yield Line(number, fields[column])
            elif text:
                yield BadLine(number, BadLineCode.NO_KEY)

    def _feed(self, number: int, line: str) -> Iterator[Line | BadLine]:
        is_odd = line.count('"') % 2 == 1
        if self._open:
            self._open.append(line)
            self._open_length += len(line) + 1
            if is_odd:
                yield from self._close()
            elif self._open_length > LONGEST_LINE:
                yield from self._give_up()
        elif not is_odd:
            yield from self._parse_record(number, line)
        elif _OPEN.fullmatch(line) and len(line) <= LONGEST_LINE:
            self._open, self._open_number, self._open_length = [line], number, len(line)
        else:
            yield find_fault(number, line) or BadLine(number, BadLineCode.BROKEN_QUOTES)

    def _close(self) -> Iterator[Line | BadLine]:
        """Take the open lines for a record, or its first one for a bad line."""
        record = "\n".join(self._open)
        if _RECORD.fullmatch(record.removesuffix("\r")):
            self._open, number = [], self._open_number
            yield from self._parse_record(number, record)
        else:
            yield from self._give_up()

    def _give_up(self) -> Iterator[Line | BadLine]:
        if not self._open:
            return
        first, *others = self._open
        self._open = []
        bad = BadLine(self._open_number, BadLineCode.BROKEN_QUOTES)
        yield find_fault(self._open_number, first) or bad
        for number, line in enumerate(others, self._open_number + 1):
            yield from self._feed(number, line)

    def _parse_record(self, number: int, record: str) -> Iterator[Line | BadLine]:
        text = record.removesuffix("\r")
        if not text:
            return
        fault = find_fault(number, text)
        if fault is None and not _RECORD.fullmatch(text):
            fault = BadLine(number, BadLineCode.BROKEN_QUOTES)
        if fault is not None:
            yield fault
        elif self._column is None and self._read_header(text):
            self.header_lines = 1
        else:
            found = self._entry.match(text)
            entry = _unquote(found[1]) if found else ""
            yield Line(number, entry) if entry else BadLine(number, BadLineCode.NO_KEY)

    def _read_header(self, record: str) -> bool:
        """Say whether the first record names the columns, and take note of the one that matters."""
        names = [_unquote(each[1]).strip().lower() for each in _FIELDS.finditer(record)]
        named = [names.index(each) for each in KEY_NAMES if each in names]
        self._column = named[0] if named else 0
        self._entry = _entry_of(self._column)
        return bool(named)


def _entry_of(column: int) -> re.Pattern[str]:
    return re.compile(rf"(?:{_FIELD},){{{column}}}({_FIELD})")


def _unquote(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def _has_quotes(block: Block) -> bool:
    return any('"' in line for line in block.lines)
