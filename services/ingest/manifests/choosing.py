"""Choosing: which of a manifest's lines an import can be about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.ingest.manifests.lines import BadLine, BadLineCode, Line
from services.ingest.selectors import choose_entry
from shared.database.external_locations import ExternalLocation
from shared.database.rejected_keys import Rejection
from shared.errors import InvalidUriError


@dataclass(frozen=True, slots=True)
class Choice:
    """The keys of some lines, in their order, and why the others are none."""

    keys: Sequence[str]
    rejections: Sequence[Rejection]


def choose_lines(location: ExternalLocation, lines: Sequence[Line | BadLine]) -> Choice:
    """Choose as from a list of source files: whole keys, or URIs in the location's bucket.

    Each rejection's reason begins with the number of its line; that of a line without a key is
    for the key `line N`. A key that several lines name is chosen, or rejected, as often.
    """
    keys: list[str] = []
    rejections: list[Rejection] = []
    for line in lines:
        chosen = _choose(location, line)
        match chosen:
            case str():
                keys.append(chosen)
            case _:
                reason = f"Line {line.number}: {chosen.reason}"
                rejections.append(replace(chosen, reason=reason))
    return Choice(keys, rejections)


def _choose(location: ExternalLocation, line: Line | BadLine) -> str | Rejection:
    name = f"line {line.number}".encode()
    match line:
        case BadLine(code=code):
            return Rejection(name, code.value, line.reason)
        case Line(entry=entry):
            try:
                return choose_entry(location, entry)
            except InvalidUriError as error:
                return Rejection(name, BadLineCode.NO_KEY.value, error.detail)
