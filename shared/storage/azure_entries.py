"""The entries of an answer to List Blobs, as columns of text: exact, and mostly by one expression.

An entry that is written as Azure writes it is cut out without an XML parser, as plain_entries.py
does it for S3: known elements in a known order, and no text with markup, an entity or a control
character. Answers with any other entry are left to the parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from shared.errors import BrokenListingError
from shared.storage.base import UndecodableKey, decode_key
from shared.storage.names import undo_percents
from shared.storage.plain_entries import STAND_IN
from shared.uris import LONGEST_KEY_BYTES

_ROOT = "EnumerationResults"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Azure's answers begin with it
_LONGEST_IN_UTF8 = 4  # bytes of a character

_TEXT = r"[^\x00-\x1f\x7f<>&\ufffe\uffff]"
_FORM_OF_TIME = r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"


def _maybe(*names: str) -> str:
    """Match elements that may be there, empty or not. Each is begun by the `<` before it."""
    return "".join(f"(?:{name}(?: ?/>|>{_TEXT}*</{name}>)<|)" for name in names)


_PLAIN = re.compile(
    rf"<Blob><Name>(?P<name>{_TEXT}+)</Name><(?:VersionId>(?P<version>{_TEXT}+)</VersionId><|)"
    r"(?:IsCurrentVersion>(?P<current>true)</IsCurrentVersion><|)Properties><"
    + _maybe("Creation-Time")
    + rf"Last-Modified>(?P<time>{_FORM_OF_TIME})</Last-Modified><Etag>(?P<etag>{_TEXT}+)</Etag><"
    r"(?:ResourceType>(?P<kind>[a-z]+)</ResourceType><|)"
    r"Content-Length>(?P<size>[0-9]{1,18})</Content-Length><"
    + _maybe(
        "Content-Type",
        "Content-Encoding",
        "Content-Language",
        "Content-CRC64",
        "Content-MD5",
        "Cache-Control",
        "Content-Disposition",
        "x-ms-blob-sequence-number",
        "BlobType",
    )
    + rf"(?:AccessTier>(?P<tier>{_TEXT}+)</AccessTier><|)"
    + _maybe(
        "AccessTierInferred",
        "ArchiveStatus",
        "RehydratePriority",
        "AccessTierChangeTime",
        "LeaseStatus",
        "LeaseState",
        "LeaseDuration",
        "ServerEncrypted",
        "EncryptionScope",
        "TagCount",
    )
    + r"/Properties>(?:<OrMetadata ?/>|)</Blob>"
)
_TIME, _ETAG, _SIZE = map(re.compile, (_FORM_OF_TIME, ".+", "[0-9]{1,19}"))
_STRIDE = _PLAIN.groups + 1
_COLUMNS = _PLAIN.groupindex


class Entry(NamedTuple):
    """What a parser finds of one entry; None for a text that it does not have."""

    name: str | UndecodableKey
    version: str | None
    current: str | None
    time: str
    etag: str
    kind: str | None
    size: str
    tier: str | None
    is_listed: bool


@dataclass(frozen=True, slots=True)
class Entries:
    """The blobs of an answer by columns, and where the listing goes on.

    `is_listed` says of each that it is none of what was not asked for: no snapshot, no deleted
    blob, no directory. `is_hierarchical` says that the account has a hierarchical namespace, as
    only there entries are files and directories.
    """

    names: list[str | UndecodableKey]
    versions: list[str | None]
    currents: list[str | None]
    times: list[str]
    etags: list[str]
    sizes: list[str]
    tiers: list[str | None]
    is_listed: list[bool]
    is_hierarchical: bool
    next_marker: str | None
    all_are_text: bool


@dataclass(frozen=True, slots=True)
class Level:
    """The keys and the common prefixes of a level, without those that no text can hold."""

    keys: list[str]
    folders: list[str]
    is_hierarchical: bool
    next_marker: str | None


def read_entries(body: bytes) -> Entries:
    """Read an answer whole, or raise BrokenListingError: cut off, foreign, or lacking a field."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    return _read_plain(body) or _read_any(body)


def read_level(body: bytes) -> Level:
    """Read an answer to a listing with a delimiter whole, or raise BrokenListingError."""
    root, blobs = _parse(body.removeprefix(_BYTE_ORDER_MARK))
    keys, folders = (
        [name for each in blobs.iterchildren(tag) if isinstance(name := _name_of(each), str)]
        for tag in ("Blob", "BlobPrefix")
    )
    is_hierarchical = blobs.find("*/Properties/ResourceType") is not None
    return Level(keys, folders, is_hierarchical, _next_marker(root))


def _read_plain(body: bytes) -> Entries | None:
    """Cut the entries out of an answer that has them in a row and all in plain form."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    # What lies between two entries, which must be nothing, then the fields of the second one.
    parts = _PLAIN.split(text)
    if len(parts) == 1 or any(parts[_STRIDE:-1:_STRIDE]) or "<Blob>" in f"{parts[0]} {parts[-1]}":
        return None
    if STAND_IN in f"{parts[0]} {parts[-1]}":
        return None
    root, blobs = _parse(f"{parts[0]}<{STAND_IN}/>{parts[-1]}".encode())
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if [each.tag for each in blobs] != [STAND_IN] or encoding.upper() != "UTF-8":
        return None
    column = {name: parts[place::_STRIDE] for name, place in _COLUMNS.items()}
    names, all_are_text = _check_lengths(column["name"])
    kinds = set(column["kind"])
    return Entries(
        names=names,
        versions=column["version"],
        currents=column["current"],
        times=column["time"],
        etags=column["etag"],
        sizes=column["size"],
        tiers=column["tier"],
        is_listed=[kind != "directory" for kind in column["kind"]],
        is_hierarchical=kinds != {None},
        next_marker=_next_marker(root),
        all_are_text=all_are_text,
    )


def _read_any(body: bytes) -> Entries:
    root, blobs = _parse(body)
    entries = [*_walk(blobs)]
    return Entries(
        names=[entry.name for entry in entries],
        versions=[entry.version for entry in entries],
        currents=[entry.current for entry in entries],
        times=[entry.time for entry in entries],
        etags=[entry.etag for entry in entries],
        sizes=[entry.size for entry in entries],
        tiers=[entry.tier for entry in entries],
        is_listed=[entry.is_listed for entry in entries],
        is_hierarchical=any(entry.kind for entry in entries),
        next_marker=_next_marker(root),
        all_are_text=all(isinstance(entry.name, str) for entry in entries),
    )


def _walk(blobs: etree._Element) -> Iterator[Entry]:
    for blob in blobs:
        if blob.tag != "Blob":
            raise BrokenListingError("The listing has entries of another kind than was asked for.")
        texts, properties = _texts(blob), _texts(blob.find("Properties"))
        kind = properties.get("ResourceType")
        is_folder = kind == "directory"
        yield Entry(
            name=_name_of(blob),
            version=texts.get("VersionId"),
            current=texts.get("IsCurrentVersion"),
            time=_check(properties.get("Last-Modified"), _TIME),
            etag=_check(properties.get("Etag"), _ETAG),
            kind=kind,
            size=_check(properties.get("Content-Length"), _SIZE),
            tier=properties.get("AccessTier"),
            is_listed=not is_folder and "Snapshot" not in texts and texts.get("Deleted") != "true",
        )


def _texts(element: etree._Element | None) -> dict[str, str]:
    """Return the texts of the elements in one, of each name the first that is not empty."""
    if element is None:
        return {}
    return {str(each.tag): each.text for each in element.iterchildren(reversed=True) if each.text}


def _name_of(element: etree._Element) -> str | UndecodableKey:
    """Return a name, which is percent-encoded where XML cannot hold its characters."""
    name = element.find("Name")
    if name is None or not name.text or len(name):
        raise BrokenListingError("The listing has an entry without its Name.")
    raw = undo_percents(name.text) if name.get("Encoded") == "true" else name.text.encode()
    return decode_key(raw) if len(raw) <= LONGEST_KEY_BYTES else _too_long(raw)


def _check_lengths(names: list[str]) -> tuple[list[str | UndecodableKey], bool]:
    if len(max(names, key=len)) * _LONGEST_IN_UTF8 <= LONGEST_KEY_BYTES:
        return [*names], True
    checked = [
        name if len(name.encode()) <= LONGEST_KEY_BYTES else _too_long(name.encode())
        for name in names
    ]
    return checked, all(isinstance(name, str) for name in checked)


def _too_long(raw: bytes) -> UndecodableKey:
    return UndecodableKey(
        raw, "key-too-long", f"The key has more than {LONGEST_KEY_BYTES:,} bytes in UTF-8."
    )


def _check(text: str | None, form: re.Pattern[str]) -> str:
    if not text or not form.fullmatch(text):
        raise BrokenListingError("The listing has an entry without its size, ETag or time.")
    return text


def _next_marker(root: etree._Element) -> str | None:
    """Return where the listing goes on; None when it does not."""
    marker = root.find("NextMarker")
    if marker is None:
        raise BrokenListingError("The listing does not say whether it goes on.")
    return marker.text or None


def _parse(body: bytes) -> tuple[etree._Element, etree._Element]:
    """Return the root of a listing and the element that holds its entries."""
    # The bytes may come from a server that a customer runs: no entities, no network, no recovery.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BrokenListingError("The listing is cut off or is not XML.") from error
    if root.tag == "Error":
        raise BrokenListingError("The store answered with an error in place of a listing.")
    blobs = root.find("Blobs")
    doctype = root.getroottree().docinfo.doctype  # type: ignore[union-attr]
    if root.tag != _ROOT or doctype or blobs is None:
        raise BrokenListingError("The store answered with another document than a listing.")
    return root, blobs
