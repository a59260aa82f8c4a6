"""Millions of keys in no memory: a key space that is a formula, listed as stores list theirs.

A space holds the numbers from 0 to its length, each written into a key of fixed width, so that the
order of the keys is that of the numbers, and the bytes of any page are cut from blocks of a
thousand objects that are made from one template.
"""

from base64 import b64encode
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import md5
from typing import Literal, NamedTuple, TypeAlias

BLOCK = 1000
_DIGITS = 7  # of a block's number: ten thousand million keys
_MARK = b"\0" * _DIGITS  # where a template has the block's number; no XML or JSON has this
LAYOUTS = {"folders": "images/{block}/{index:03}.jpg", "flat": "scans/frame-{block}{index:03}.dcm"}
Form: TypeAlias = Literal["xml", "json"]
_XML = (
    "<Contents><Key>{key}</Key><LastModified>2026-01-01T{hour:02}:{minute:02}:{second:02}.000Z"
    "</LastModified><ETag>&quot;{etag}{block}&quot;</ETag><Size>{size}</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)
_JSON = (  # what a narrowed listing of Cloud Storage has, and a comma
    '{{"name":"{key}","size":"{size}","md5Hash":"{block}{md5}","etag":"C{block}{index:03}=",'
    '"timeCreated":"2026-01-01T{hour:02}:{minute:02}:{second:02}.000Z","storageClass":"STANDARD"}},'
)
_OBJECTS: dict[Form, str] = {"xml": _XML, "json": _JSON}
_LAST_CHARACTER = chr(0x10FFFF)


class Listed(NamedTuple):
    """What a page lists: its objects, written, its common prefixes, and what it ends with.

    `last` is None on the last page; else it is the key or common prefix to go on behind.
    """

    objects: list[bytes]
    prefixes: list[str]
    keys: int
    last: str | None


@dataclass(frozen=True)
class KeySpace:
    """The keys of one bucket, by the name of its layout and their number."""

    layout: str
    length: int
    _format: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_format", LAYOUTS[self.layout])

    def key(self, number: int) -> str:
        block, index = divmod(number, BLOCK)
        return self._format.format(block=f"{block:0{_DIGITS}}", index=index)

    def count_up_to(self, text: str) -> int:
        """Return how many keys are not greater than `text`: the number of the first behind it."""
        return bisect_right(range(self.length), text, key=self.key)

    def count_below(self, text: str) -> int:
        return bisect_left(range(self.length), text, key=self.key)

    def list_page(
        self,
        *,
        prefix: str,
        after: str,
        most: int,
        delimiter: str,
        start: str = "",
        form: Form = "xml",
    ) -> Listed:
        """List what ListObjectsV2 would; `after` is a key, or a common prefix that was listed.

        `start` is the first key that may be listed, as `startOffset` of Cloud Storage is.
        """
        begin = max(self.count_below(prefix), self.count_up_to(after), self.count_below(start))
        end = self.count_up_to(prefix + _LAST_CHARACTER)
        if delimiter:
            return self._roll_up(
                begin, end, prefix=prefix, after=after, most=most, delimiter=delimiter, form=form
            )
        stop = max(begin, min(begin + most, end))
        last = self.key(stop - 1) if begin < stop < end else None
        return Listed(self._objects(begin, stop, form), [], stop - begin, last)

    def _roll_up(
        self,
        begin: int,
        end: int,
        *,
        prefix: str,
        after: str,
        most: int,
        delimiter: str,
        form: Form,
    ) -> Listed:
        """List the next level; without the common prefix in which `after` lies, as S3 does."""
        objects: list[bytes] = []
        prefixes: list[str] = []
        last = ""
        while begin < end and len(objects) + len(prefixes) < most:
            key = self.key(begin)
            head, found, _ = key[len(prefix) :].partition(delimiter)
            if not found:
                last = key
                objects += self._objects(begin, begin + 1, form)
                begin += 1
                continue
            folder = prefix + head + delimiter
            begin = self.count_up_to(folder + _LAST_CHARACTER)
            if folder > after:
                last = folder
                prefixes.append(folder)
        more = last if begin < end else None
        return Listed(objects, prefixes, len(objects) + len(prefixes), more)

    def _objects(self, begin: int, stop: int, form: Form) -> list[bytes]:
        """Return the objects with the numbers from `begin` to before `stop`, written."""
        template = _template(self._format, form)
        width = len(template) // BLOCK
        parts: list[bytes] = []
        while begin < stop:
            block, index = divmod(begin, BLOCK)
            upto = min(BLOCK, index + stop - begin)
            part = template[index * width : upto * width] if upto - index < BLOCK else template
            parts.append(part.replace(_MARK, f"{block:0{_DIGITS}}".encode()))
            begin += upto - index
        return parts


@lru_cache
def _template(layout: str, form: Form) -> bytes:
    """Return a block's objects, all of the same length."""
    return "".join(
        _OBJECTS[form].format(
            index=index,
            md5=b64encode(md5(str(index).encode(), usedforsecurity=False).digest()).decode()[
                _DIGITS:
            ],
            key=layout.format(block=_MARK.decode(), index=index),
            hour=index // 60 % 24,
            minute=index % 60,
            second=index * 7 % 60,
            etag=md5(str(index).encode(), usedforsecurity=False).hexdigest()[_DIGITS:],
            block=_MARK.decode(),
            size=100_000 + index * 7919 % 900_000,
        )
        for index in range(BLOCK)
    ).encode()
