"""Storage URIs: `s3://bucket/prefix/`, `gs://bucket/a key`, `az://account/container/`, verbatim."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.errors import InvalidUriError

MAX_KEY_BYTES = 1_024
"""S3 User Guide, "Naming Amazon S3 objects"; Cloud Storage, "About objects", "Object names"."""

MAX_BLOB_CHARACTERS = 1_024
"""In UTF-16 units: "Naming and Referencing Containers, Blobs, and Metadata", Azure Storage."""

LONGEST_KEY_BYTES = 2_600
"""Of a key that can be an asset's: an entry of a B-tree of Postgres has at most 2,704 bytes."""

# S3 User Guide, "General purpose bucket naming rules". The reserved suffixes are not refused: no
# bucket has one, but the alias of an access point (-s3alias) stands where a bucket's name does.
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-")

# Cloud Storage, "Bucket naming guidelines": a name with dots has up to 222 characters.
_GCS_BUCKET = re.compile(
    r"(?=.{3,222}\Z)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*"
)

# "Storage account overview", and "Container names" of the page above. A container that Azure itself
# named ($web, $root) is addressed by rules of its own and is not taken.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # a request for one is refused
_AZURE_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_AZURE_CONTAINER = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")


class Provider(StrEnum):
    """Which cloud's API a bucket speaks. The value is the scheme of its URIs."""

    S3 = "s3"
    GCS = "gs"
    AZURE = "az"


_SCHEMES = {provider.value: provider for provider in Provider}


@dataclass(frozen=True, slots=True)
class BucketUri:
    """Name a bucket and a prefix in it. The prefix is verbatim and may be empty.

    On Azure the bucket is `account/container`.
    """

    provider: Provider
    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI; everything after the bucket's slash is the prefix. Raise InvalidUriError."""
        provider, bucket, prefix = _split(text)
        return cls(provider, bucket, prefix)

    @classmethod
    def parse_location(cls, text: str) -> Self:
        """Read the URI of an external location, whose prefix must not match half a name."""
        uri = cls.parse(text)
        if uri.prefix and not uri.prefix.endswith("/"):
            raise InvalidUriError("A location's prefix must be empty or end with a slash.")
        return uri

    def __str__(self) -> str:
        return f"{self.provider}://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class ObjectUri:
    """Name one object. The key is verbatim: never trimmed, normalized or decoded."""

    provider: Provider
    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI; everything after the bucket's slash is the key. Raise InvalidUriError."""
        provider, bucket, key = _split(text)
        if not key:
            raise InvalidUriError("An object's URI must hold a key after the bucket.")
        return cls(provider, bucket, key)

    def __str__(self) -> str:
        return f"{self.provider}://{self.bucket}/{self.key}"


def check_bucket_name(provider: Provider, name: str) -> None:
    """Raise InvalidUriError unless the provider's naming rules allow this bucket name."""
    match provider:
        case Provider.S3:
            _check_s3_name(name)
        case Provider.GCS:
            _check_gcs_name(name)
        case Provider.AZURE:
            _check_azure_name(name)


def check_key(provider: Provider, key: str) -> None:
    """Raise InvalidUriError for a key, or a prefix, that no bucket of the provider can hold."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:  # a lone surrogate, as JSON's \ud800 makes
        raise InvalidUriError("A key must be valid Unicode.") from error
    if provider is not Provider.AZURE and size > MAX_KEY_BYTES:
        raise InvalidUriError(f"A key has at most {MAX_KEY_BYTES:,} bytes in UTF-8.")
    if provider is Provider.AZURE and len(key.encode("utf-16-le")) > 2 * MAX_BLOB_CHARACTERS:
        raise InvalidUriError(f"A blob's name has at most {MAX_BLOB_CHARACTERS:,} characters.")
    if provider is Provider.AZURE and _CONTROL.search(key):
        raise InvalidUriError("A blob's name has no control characters.")
    if size > LONGEST_KEY_BYTES:
        raise InvalidUriError(f"A key has at most {LONGEST_KEY_BYTES:,} bytes here.")


def _split(text: str) -> tuple[Provider, str, str]:
    scheme, _, rest = text.partition("://")
    provider = _SCHEMES.get(scheme)
    if provider is None:
        raise InvalidUriError("A storage URI begins with s3://, gs:// or az://.")
    bucket, _, key = rest.partition("/")
    if provider is Provider.AZURE:
        container, _, key = key.partition("/")
        bucket = f"{bucket}/{container}"
    check_bucket_name(provider, bucket)
    check_key(provider, key)
    return provider, bucket, key


def _check_s3_name(name: str) -> None:
    if not _BUCKET.fullmatch(name):
        raise InvalidUriError(
            "A bucket's name has 3 to 63 lower-case letters, digits, hyphens and single dots, "
            "and begins and ends with a letter or digit."
        )
    if _IPV4.fullmatch(name):
        raise InvalidUriError("A bucket's name must not look like an IP address.")
    if name.startswith(_RESERVED_PREFIXES):
        raise InvalidUriError("A bucket's name must not begin with a prefix that S3 reserves.")


def _check_gcs_name(name: str) -> None:
    if not _GCS_BUCKET.fullmatch(name):
        raise InvalidUriError(
            "A bucket's name has 3 to 63 lower-case letters, digits, hyphens and underscores "
            "between its dots, and begins and ends with a letter or digit."
        )
    if _IPV4.fullmatch(name):
        raise InvalidUriError("A bucket's name must not look like an IP address.")


def _check_azure_name(name: str) -> None:
    account, _, container = name.partition("/")
    if not _AZURE_ACCOUNT.fullmatch(account):
        raise InvalidUriError(
            "A storage account's name has 3 to 24 lower-case letters and digits: "
            "az://account/container/prefix/."
        )
    if not _AZURE_CONTAINER.fullmatch(container):
        raise InvalidUriError(
            "A container's name has 3 to 63 lower-case letters, digits and single hyphens between "
            "them: az://account/container/prefix/."
        )
