"""Characters that XML 1.0 has no form for, in documents that have them all the same.

RGW URL-encodes the keys of a listing, but neither what it repeats of the request nor where it goes
on: there it writes a control character as a reference, at which a parser stops.
"""

import re
from dataclasses import dataclass

# "Extensible Markup Language (XML) 1.0", production 2; no key of ours has a NUL or half a pair.
_FORBIDDEN = "\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff"
_WRITTEN = re.compile(
    f"[{_FORBIDDEN}]|&#x(?P<hex>0*[0-9A-Fa-f]{{1,6}});|&#(?P<decimal>0*[0-9]{{1,7}});"
)
_IS_SCALAR = re.compile("[^\0\ud800-\udfff]")
_MARKS = range(0xE000, 0xF900)  # for private use


@dataclass(frozen=True, slots=True)
class Escaped:
    """A document in which some characters stand as a mark that it had nowhere, and six digits."""

    body: bytes
    mark: str

    def restore(self, text: str) -> str:
        """Return what a text of the document was."""
        return re.sub(f"{self.mark}([0-9a-f]{{6}})", lambda found: chr(int(found[1], 16)), text)


def escape_characters(body: bytes) -> Escaped | None:
    """Write forbidden characters, and all references to characters, so that a parser reads on.

    Return None when there are none, and for a document in which a reference may stand for itself.
    """
    try:
        text = body.decode()
        mark = next(chr(each) for each in _MARKS if chr(each) not in text)
        written, count = _WRITTEN.subn(lambda found: f"{mark}{_code(found):06x}", text)
    except (StopIteration, ValueError):
        return None
    return Escaped(written.encode(), mark) if count and "<![CDATA[" not in text else None


def _code(found: re.Match[str]) -> int:
    """Return the code point that is written; raise ValueError for one that is no character."""
    digits, number = found["hex"], found["decimal"]
    code = int(digits, 16) if digits else int(number) if number else ord(found[0])
    if not _IS_SCALAR.fullmatch(chr(code)):
        raise ValueError("No text has this character.")
    return code
