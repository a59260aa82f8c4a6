"""An answer to a listing with a delimiter becomes one level of the key space."""

from shared.errors import BrokenListingError, UnorderedListingError
from shared.storage.base import Children
from shared.storage.listing_xml import parse_listing
from shared.storage.names import ascend


def decode_s3_children(body: bytes, *, prefix: str, after: str | None, delimiter: str) -> Children:
    """Decode an answer to ListObjectsV2 with a delimiter and `encoding-type=url`, whole or not.

    Raise BrokenListingError for what is not a complete listing of one level under the prefix, and
    UnorderedListingError for one that is not in order, or does not begin behind `after`, which some
    stores ignore: it would tell nothing of what lies between.
    """
    document = parse_listing(body, "ListBucketResult", "Contents")
    return join_level(
        document.names("Contents", "Key", prefix).keys,
        document.names("CommonPrefixes", "Prefix", prefix).keys,
        prefix=prefix,
        after=after,
        delimiter=delimiter,
        is_last=document.next_token() is None,
    )


def join_level(
    keys: list[str],
    folders: list[str],
    *,
    prefix: str,
    after: str | None,
    delimiter: str,
    is_last: bool,
) -> Children:
    """Return a level of the keys and common prefixes that a store lists apart.

    Raise BrokenListingError for entries of another level, or from before `after`, and
    UnorderedListingError when either are not in order.
    """
    if not (ascend(keys) and ascend(folders)):
        raise UnorderedListingError("The listing is not in the order of its keys.")
    _check_level(keys, folders, prefix=prefix, after=after or "", delimiter=delimiter)
    entries = sorted(name for name in (*keys, *folders) if name > (after or ""))
    return Children(entries, is_last=is_last)


def _check_level(
    keys: list[str], folders: list[str], *, prefix: str, after: str, delimiter: str
) -> None:
    start = len(prefix)
    if any(delimiter in key[start:] for key in keys) or any(
        folder[start:].partition(delimiter)[1:] != (delimiter, "") for folder in folders
    ):
        raise BrokenListingError("The listing has entries of another level than was asked for.")
    # Some stores show the common prefix that `after` lies in, when keys behind it lie there too.
    if any(name <= after and not after.startswith(name) for name in folders) or (
        keys and after and keys[0] <= after
    ):
        raise UnorderedListingError("The listing does not begin where it was asked to.")
