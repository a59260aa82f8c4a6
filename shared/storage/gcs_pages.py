"""A page of Cloud Storage's JSON listing becomes rows: by columns, exact, whole or not at all."""

from binascii import a2b_base64
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import compress, repeat
from typing import Any

import orjson

from shared.errors import BrokenListingError
from shared.storage.base import (
    DEFAULT_STORAGE_CLASS,
    MAX_PAGE_SIZE,
    Children,
    ObjectRow,
    UndecodableKey,
    decode_key,
)
from shared.storage.children import join_level
from shared.storage.names import Names, ascend
from shared.storage.pages import DecodedPage

# `timeCreated` is when this generation came to be; `updated` changes with the metadata too
# ("Objects", Cloud Storage JSON API). `kind` tells an empty page from another JSON document.
_ROW = "name,size,md5Hash,etag,timeCreated,storageClass"
PAGE_FIELDS = f"kind,nextPageToken,items({_ROW})"
VERSION_FIELDS = f"kind,nextPageToken,items({_ROW},generation)"
CHILDREN_FIELDS = "kind,nextPageToken,prefixes,items(name)"

_LARGEST_SIZE = 2**63 - 1  # what Postgres holds; an object has up to 5 TiB
_MD5_CHARACTERS = 24  # of base64: 16 bytes and two signs of padding
_BYTES_APART = 18  # as the padding, read as data, makes two bytes more
_END = "0000|"  # those two in hexadecimal, and a separator


def decode_gcs_page(
    body: bytes, *, prefix: str, after: str | None = None, versions: bool = False
) -> DecodedPage[str]:
    """Decode an answer to objects.list with PAGE_FIELDS or VERSION_FIELDS.

    An object named `after`, with which a page begins that was asked for from there on, makes no
    row. Raise BrokenListingError for bytes that are not a complete listing, for an object without
    name, size, time or ETag, or with one that is none, and for names outside of the prefix.
    """
    try:
        document = _parse(body)
        items = _entries(document, "items")
        names = _names([item["name"] for item in items], prefix)
        rows = _rows(items, names, versions=versions)
        token = _token(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BrokenListingError(
            "The listing lacks something that each object has, or has what none can have."
        ) from error
    ordered = ascend(names.keys)
    if rows and rows[0].key == after:
        del rows[0]
    return DecodedPage(
        rows=rows,
        undecodable=names.undecodable,
        last=max(names.keys[-1:], default=None),
        ordered=ordered,
        next_place=token,
    )


def decode_gcs_children(body: bytes, *, prefix: str, after: str | None, delimiter: str) -> Children:
    """Decode an answer to objects.list with a delimiter and CHILDREN_FIELDS.

    Raise BrokenListingError and UnorderedListingError as `join_level` does.
    """
    try:
        document = _parse(body)
        items = _entries(document, "items")
        keys = _names([item["name"] for item in items], prefix).keys
        folders = _names(_entries(document, "prefixes"), prefix).keys
        token = _token(document)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenListingError("The listing has an entry without a name.") from error
    if after and keys[:1] == [after]:  # `startOffset` includes it
        del keys[0]
    return join_level(
        keys,
        folders,
        prefix=prefix,
        after=after,
        delimiter=delimiter,
        is_last=token is None,
    )


def _parse(body: bytes) -> dict[str, Any]:
    """Return the document. No text in JSON holds half a surrogate pair: orjson refuses it."""
    document = orjson.loads(body)
    if not isinstance(document, dict) or document.get("kind") != "storage#objects":
        raise BrokenListingError("The object store answered with something other than a listing.")
    return document


def _entries(document: dict[str, Any], name: str) -> list[Any]:
    entries = document.get(name, [])
    if not isinstance(entries, list):
        raise TypeError(name)
    if len(entries) > MAX_PAGE_SIZE:
        raise BrokenListingError("The listing has more keys on a page than pages have.")
    return entries


def _token(document: dict[str, Any]) -> str | None:
    token = document.get("nextPageToken")
    return None if token is None else _text(token)


def _names(texts: list[str], prefix: str) -> Names:
    """Return the names, checked: texts, none empty, beginning with the prefix.

    Cloud Storage refuses line ends in names, but not NUL ("Object names").
    """
    if "\0".join(texts).count("\0") >= max(len(texts), 1):
        decoded = [decode_key(text.encode()) for text in texts]
        names = Names(
            decoded,
            [name for name in decoded if isinstance(name, str)],
            [name for name in decoded if isinstance(name, UndecodableKey)],
        )
    else:
        names = Names(texts, texts, [])
    if not all(texts):
        raise BrokenListingError("The listing has an object without a name.")
    names.check_prefix(prefix)
    return names


def _rows(items: list[dict[str, Any]], names: Names, *, versions: bool) -> list[ObjectRow]:
    sizes = _numbers([item["size"] for item in items])
    times = list(map(datetime.fromisoformat, [item["timeCreated"] for item in items]))
    if not {time.tzinfo for time in times} <= {UTC}:
        raise BrokenListingError("The listing has a time that is not in UTC.")
    classes = [item.get("storageClass", DEFAULT_STORAGE_CLASS) for item in items]
    for storage_class in set(classes):
        _text(storage_class)
    version_ids: Iterable[str | None] = repeat(None)
    if versions:
        generations = [item["generation"] for item in items]
        _numbers(generations)
        version_ids = generations
    fields = zip(names.all, sizes, _etags(items), times, classes, version_ids, strict=False)
    rows = map(tuple.__new__, repeat(ObjectRow), fields)  # `_make`, without its Python
    if not names.undecodable:
        return list(rows)
    return list(compress(rows, (isinstance(name, str) for name in names.all)))


def _numbers(texts: list[str]) -> list[int]:
    """Return what the JSON API writes as texts of digits, since JavaScript has no such integers."""
    digits = "".join(texts)
    if texts and not (digits.isascii() and digits.isdigit()):
        raise ValueError("a number with something else than digits")
    numbers = list(map(int, texts))
    if max(numbers, default=0) > _LARGEST_SIZE:
        raise BrokenListingError("The listing has a size that no object has.")
    return numbers


def _etags(items: list[dict[str, Any]]) -> list[str]:
    """Return the MD5 of each object in hexadecimal, as its ETag has it in the XML API.

    Composite objects have no MD5 ("Hashes and ETags"): theirs is the ETag of the JSON API, which
    changes with the metadata too.
    """
    try:
        return _hexadecimal([item["md5Hash"] for item in items])
    except KeyError:  # a tenth quicker than to ask each
        return [
            _hexadecimal([item["md5Hash"]])[0] if "md5Hash" in item else _text(item["etag"])
            for item in items
        ]


def _hexadecimal(hashes: list[Any]) -> list[str]:
    """Decode all MD5s in base64 at once; ValueError for what is none.

    A sign of padding becomes one of data, so that each decodes to 18 bytes of which 16 count.
    """
    if not hashes:
        return []
    joined = "".join(hashes)
    count = len(hashes)
    padding = joined[_MD5_CHARACTERS - 2 :: _MD5_CHARACTERS]
    padding += joined[_MD5_CHARACTERS - 1 :: _MD5_CHARACTERS]
    if (
        set(map(len, hashes)) != {_MD5_CHARACTERS}
        or padding != "=" * len(padding)
        or len(padding) != joined.count("=")
    ):
        raise ValueError("an MD5 that is none")
    raw = a2b_base64(joined.replace("=", "A"), strict_mode=True)
    *found, end = f"{raw.hex('|', _BYTES_APART)}|".split(_END)  # all at once, in C
    if end or len(found) != count:
        raise ValueError("an MD5 that is none")
    return found


def _text(text: object) -> str:
    if not (isinstance(text, str) and text):
        raise TypeError("a text that is none")
    return text
