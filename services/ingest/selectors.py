"""Selections: which keys of a location belong to an import."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.ingest.sources import InventoryReport, ManifestObject, Source
from shared.database.external_locations import ExternalLocation
from shared.database.rejected_keys import Rejection
from shared.errors import InvalidInputError, InvalidUriError
from shared.uris import ObjectUri, Provider, check_key

KEY_NOT_STORABLE = "key-not-storable"
OUTSIDE_LOCATION = "outside-location"
SOURCE_FILE_MISSING = "source-file-missing"

Kind = Literal["prefix", "source_files", "inventory"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an import is about: all keys that begin with `prefix`, or exactly `keys`.

    `rejections` are the listed keys that it cannot be about. With a `source` the keys are read
    there, later.
    """

    kind: Kind
    prefix: str
    keys: Sequence[str] = ()
    rejections: Sequence[Rejection] = ()
    source: Source | None = None


def select_by_source(location: ExternalLocation, source: Source) -> Selection:
    """Select what a manifest lists.

    Raise InvalidInputError (field `manifest.key`) for one outside of the location.
    """
    if isinstance(source, ManifestObject):
        if not source.key.startswith(location.prefix) or source.key == location.prefix:
            raise InvalidInputError(
                "The manifest must lie below the location's prefix.", field="manifest.key"
            )
        _check_storable(location, source.key, "manifest.key")
    return Selection("source_files", location.prefix, source=source)


def select_inventory(
    location: ExternalLocation, report: InventoryReport, prefix: str | None
) -> Selection:
    """Select what an inventory of the bucket lists below a prefix, by default the location's own.

    Raise InvalidInputError for a prefix outside of the location or a key that none can have.
    """
    _check_storable(location, report.key, "inventory.key")
    return replace(select_prefix(location, prefix), kind="inventory", source=report)


def select_prefix(location: ExternalLocation, prefix: str | None) -> Selection:
    """Select everything below a prefix, by default the location's own.

    Raise InvalidInputError (field `prefix`) for one that reaches outside of the location.
    """
    if prefix is None:
        return Selection("prefix", location.prefix)
    _check_storable(location, prefix, "prefix")
    if not prefix.startswith(location.prefix):
        raise InvalidInputError("The prefix must begin with the location's prefix.", field="prefix")
    return Selection("prefix", prefix)


def select_source_files(location: ExternalLocation, entries: Sequence[str]) -> Selection:
    """Select listed keys, each once.

    An entry is a whole key, or a URI that begins with the scheme of its cloud, as in `s3://`.
    Raise InvalidInputError (field `source_files.N`) for an entry that no bucket can hold.
    """
    keys: dict[str, None] = {}
    rejections: dict[bytes, Rejection] = {}
    for number, entry in enumerate(entries):
        try:
            chosen = choose_entry(location, entry)
        except InvalidUriError as error:
            raise InvalidInputError(error.detail, field=f"source_files.{number}") from error
        match chosen:
            case Rejection():
                rejections.setdefault(chosen.key, chosen)
            case key:
                keys.setdefault(key)
    return Selection("source_files", location.prefix, tuple(keys), tuple(rejections.values()))


def choose_entry(location: ExternalLocation, entry: str) -> str | Rejection:
    """Return the key that an entry means. Raise InvalidUriError for what no bucket can hold."""
    bucket, key = location.bucket, entry
    if entry.startswith(f"{location.provider}://"):
        uri = ObjectUri.parse(entry)
        bucket, key = uri.bucket, uri.key
    check_key(Provider(location.provider), key)
    if bucket != location.bucket:
        return _reject(entry, OUTSIDE_LOCATION, "The object is in another bucket.")
    if not key.startswith(location.prefix):
        return _reject(entry, OUTSIDE_LOCATION, "The key is outside of the location's prefix.")
    if "\0" in key:
        return _reject(key, KEY_NOT_STORABLE, "The key holds a NUL character.")
    return key


def _check_storable(location: ExternalLocation, key: str, field: str) -> None:
    try:
        check_key(Provider(location.provider), key)
    except InvalidUriError as error:
        raise InvalidInputError(error.detail, field=field) from error
    if "\0" in key:
        raise InvalidInputError("It must not hold a NUL character.", field=field)


def _reject(text: str, code: str, reason: str) -> Rejection:
    return Rejection(text.encode(), code, reason)
