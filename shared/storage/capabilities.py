"""Capabilities: what a store that speaks S3's API was found to do of what Mooring needs of one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from pydantic import JsonValue

Listing: TypeAlias = Literal["v2", "v1"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one location's store does; None where it could not be found out, as without a key.

    `listing` is the newest listing that works, `start_after` whether it begins behind a given key,
    `ordered` whether keys come in UTF-8 byte order, `encoded` whether names are URL-encoded when
    that is asked for. `versions` says whether versions can be listed, `sts` whether the endpoint
    has an STS, `checksum_mode` whether a GET may ask for checksums, and `overrides` whether a
    presigned GET can set the answer's headers.
    """

    path_style: bool
    virtual_host: bool
    listing: Listing
    start_after: bool | None
    ordered: bool | None
    encoded: bool
    versions: bool | None
    sts: bool | None
    checksum_mode: bool | None
    overrides: bool | None

    def document(self) -> dict[str, JsonValue]:
        """Return the value as the database keeps it and the API shows it."""
        return asdict(self)


def lists_versions(document: Mapping[str, JsonValue] | None) -> bool:
    """Say whether versions can be listed: where nobody has found the contrary."""
    return document is None or document["versions"] is not False


def resumes_behind_keys(document: Mapping[str, JsonValue] | None) -> bool:
    """Say whether a listing may begin behind a key, which ranges and their cuts are made of.

    So it is where nobody has found the contrary: the store's pages show it if not (PageJoiner).
    """
    return document is None or False not in (document["start_after"], document["ordered"])
