"""An answer to a listing of versions becomes rows: the latest version of each key that has one."""

from dataclasses import dataclass

from shared.errors import BrokenListingError
from shared.storage.base import UndecodableKey
from shared.storage.listing_xml import ListingDocument, parse_listing
from shared.storage.names import ascend
from shared.storage.pages import DecodedPage, read_rows


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """Where a listing of versions goes on; without a version, behind all those of the key."""

    key: str
    version_id: str | None


def decode_s3_versions(body: bytes, *, prefix: str, after: str | None) -> DecodedPage[VersionPlace]:
    """Decode an answer to ListObjectVersions with `encoding-type=url`, whole or not at all.

    Versions of the key `after` make no row: a listing starts behind that key in S3, and with it in
    Ceph RGW (https://tracker.ceph.com/issues/68055). Raise BrokenListingError as for a page of
    objects, and for a version without an id or with no word on whether it is the latest.
    """
    document = parse_listing(body, "ListVersionsResult", "Version")
    versions = document.names("Version", "Key", prefix)
    markers = document.names("DeleteMarker", "Key", prefix)
    count = len(versions.all)
    words = document.texts("Version", "IsLatest", count)
    if not {"true", "false"}.issuperset(words):
        raise BrokenListingError("The listing does not say which versions are the latest.")
    chosen = [
        word == "true" and name != after for word, name in zip(words, versions.all, strict=True)
    ]
    rows = read_rows(
        document,
        "Version",
        versions,
        chosen=chosen,
        version_ids=document.texts("Version", "VersionId", count),
    )
    last = max((*versions.keys[-1:], *markers.keys[-1:]), default=None)
    return DecodedPage(
        rows=rows,
        undecodable=[
            name
            for name, is_chosen in zip(versions.all, chosen, strict=True)
            if is_chosen and isinstance(name, UndecodableKey)
        ],
        last=last,
        ordered=ascend([row.key for row in rows])
        and ascend(versions.keys, strictly=False)
        and ascend(markers.keys, strictly=False),
        next_place=_next_place(document, last),
    )


def _next_place(document: ListingDocument, last: str | None) -> VersionPlace | None:
    if document.is_last():
        return None
    key = document.name("NextKeyMarker", known=() if last is None else (last,))
    if key is None:
        raise BrokenListingError("The listing does not say how it goes on.")
    return VersionPlace(key, document.text("NextVersionIdMarker"))
