"""Answers to List Blobs become rows, or one level of the key space."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress, repeat

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.azure_entries import Entries, read_entries, read_level
from shared.storage.base import DEFAULT_STORAGE_CLASS, ObjectRow, UndecodableKey
from shared.storage.names import Names, ascend
from shared.storage.pages import DecodedPage

LARGEST_PAGE_SIZE = 5_000  # "List Blobs", maxresults
_LARGEST_SIZE = 2**63 - 1  # what Postgres holds; a blob has up to 190.7 TiB
_LAST_OF_ONE_UNIT, _FIRST_OF_FOUR_BYTES = "\uffff", 0xF0
_NO_VERSION = "null"  # as S3 names it, and as a signer knows it
_MONTHS = {
    month: f"{number:02}"
    for number, month in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


def decode_azure_page(
    body: bytes, *, prefix: str, after: str | None, versions: bool
) -> DecodedPage[str]:
    """Decode an answer to List Blobs, whole or not at all.

    The key `after` makes no row, since `startFrom` includes it. A directory of a hierarchical
    namespace is no object and makes none either; such a namespace lists in an order of its own, and
    counts as not ordered even where a page happens to be. So do names with a character beyond
    U+FFFF, see `agree_on_order`. Raise BrokenListingError for bytes that
    are not a complete listing, for a blob without name, size, ETag or time, for names outside of
    the prefix, and for more of them than a page has.
    """
    entries = read_entries(body)
    names = _names_of(entries, prefix)
    chosen = _choose(entries, after, versions=versions)
    rows = _rows(entries, names, chosen, versions=versions)
    return DecodedPage(
        rows=rows,
        undecodable=[
            name for name in compress(names.all, chosen) if isinstance(name, UndecodableKey)
        ],
        last=_last_whole(names.keys, rows, after)
        if versions
        else max(names.keys[-1:], default=None),
        ordered=not entries.is_hierarchical
        and agree_on_order(names)
        and ascend(names.keys, strictly=not versions)
        and (not versions or ascend([row.key for row in rows])),
        next_place=entries.next_marker,
    )


def decode_azure_level(
    body: bytes, *, prefix: str, after: str, delimiter: str
) -> tuple[list[str], str | None]:
    """Decode an answer to List Blobs with a delimiter: the entries behind a key, and the marker.

    Raise BrokenListingError for what is not a complete listing of one level under the prefix, and
    UnorderedListingError for one that is not in order: it would tell nothing of what lies between.
    """
    level = read_level(body)
    entries = sorted((*level.keys, *level.folders))
    names = Names(entries, entries, [])
    if level.is_hierarchical or not (
        ascend(level.keys) and ascend(level.folders) and agree_on_order(names)
    ):
        raise UnorderedListingError("The listing is not in the order of its keys.")
    names.check_prefix(prefix)
    start = len(prefix)
    if any(delimiter in key[start:] for key in level.keys) or any(
        folder[start:].partition(delimiter)[1:] != (delimiter, "") for folder in level.folders
    ):
        raise BrokenListingError("The listing has entries of another level than was asked for.")
    return [name for name in entries if name > after], level.next_marker


def agree_on_order(names: Names) -> bool:
    """Say whether these names come in one order by UTF-8 and by UTF-16, with whatever others.

    Azure lists by the latter (measured by github.com/blobfile/blobfile, pull request 238), where
    what is beyond U+FFFF comes before U+E000. One such name is enough for a listing that ends, or
    begins, between the two to miss others; but then that name is on one of its pages.
    """
    text = "".join(names.keys)
    return (text.isascii() or max(text) <= _LAST_OF_ONE_UNIT) and not any(
        max(name.raw) >= _FIRST_OF_FOUR_BYTES for name in names.undecodable
    )


def _names_of(entries: Entries, prefix: str) -> Names:
    if len(entries.names) > LARGEST_PAGE_SIZE:
        raise BrokenListingError("The listing has more keys on a page than pages have.")
    if entries.all_are_text:
        keys: list[str] = entries.names  # type: ignore[assignment]
        names = Names(keys, keys, [])
    else:
        names = Names(
            entries.names,
            [name for name in entries.names if isinstance(name, str)],
            [name for name in entries.names if isinstance(name, UndecodableKey)],
        )
    names.check_prefix(prefix)
    return names


def _choose(entries: Entries, after: str | None, *, versions: bool) -> list[bool]:
    """Say of each entry whether it is a blob that is to be shown, among versions the present one.

    Every entry of another listing is a present version, whatever it says of itself.
    """
    if not versions:
        return [
            is_listed and name != after
            for name, is_listed in zip(entries.names, entries.is_listed, strict=True)
        ]
    return [
        is_listed and (version is None or current == "true") and name != after
        for name, version, current, is_listed in zip(
            entries.names, entries.versions, entries.currents, entries.is_listed, strict=True
        )
    ]


def _rows(
    entries: Entries, names: Names, chosen: Sequence[bool], *, versions: bool
) -> list[ObjectRow]:
    sizes = _sizes(entries.sizes)
    times = read_times(entries.times)
    tiers = [tier or DEFAULT_STORAGE_CLASS for tier in entries.tiers]
    etags = [etag.strip('"') for etag in entries.etags]
    ids: Iterable[str | None] = (
        [version or _NO_VERSION for version in entries.versions] if versions else repeat(None)
    )
    fields = zip(names.all, sizes, etags, times, tiers, ids, strict=False)
    rows = map(tuple.__new__, repeat(ObjectRow), fields)
    if not names.undecodable:
        return list(compress(rows, chosen))
    return [row for row in compress(rows, chosen) if isinstance(row.key, str)]


def _last_whole(keys: list[str], rows: list[ObjectRow], after: str | None) -> str | None:
    """Return the greatest key of which the page, or those before it, has every version.

    The versions of a key may go on on the next page, and the present one may be there.
    """
    last = max(keys[-1:], default=None)
    if last is None or last == after or (rows and rows[-1].key == last):
        return last
    return max((key for key in keys if key != last), default=None)


def _sizes(texts: list[str]) -> list[int]:
    sizes = list(map(int, texts))
    if max(sizes, default=0) > _LARGEST_SIZE:
        raise BrokenListingError("The listing has a size that no object has.")
    return sizes


def read_times(texts: list[str]) -> list[datetime]:
    """Return the times that are written as `Wed, 09 Sep 2009 09:20:02 GMT` (RFC 1123).

    The dates on a page are few, and Python's own reader of what is made of them is quick. Raise
    BrokenListingError for a date or time that there is not.
    """
    try:
        dates = {date: _iso_date(date) for date in {text[:16] for text in texts}}
        return [datetime.fromisoformat(f"{dates[text[:16]]}T{text[17:25]}Z") for text in texts]
    except (KeyError, ValueError) as error:
        raise BrokenListingError("The listing has a time that is none.") from error


def _iso_date(text: str) -> str:
    return f"{text[12:16]}-{_MONTHS[text[8:11]]}-{text[5:7]}"
