"""Storage URIs: `s3://bucket/prefix/` and `s3://bucket/any key`, parsed without changing a byte."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.errors import InvalidUriError

MAX_KEY_BYTES = 1_024  # S3 User Guide, "Naming Amazon S3 objects"

# S3 User Guide, "General purpose bucket naming rules". The reserved suffixes are not refused: no
# bucket has one, but the alias of an access point (-s3alias) stands where a bucket's name does.
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-")


class Provider(StrEnum):
    """Which cloud's API a bucket speaks. The value is the scheme of its URIs."""

    S3 = "s3"


_SCHEMES = {provider.value: provider for provider in Provider}


@dataclass(frozen=True, slots=True)
class BucketUri:
    """Name a bucket and a prefix in it. The prefix is verbatim and may be empty."""

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


def check_bucket_name(name: str) -> None:
    """Raise InvalidUriError unless S3's naming rules allow this bucket name."""
    if not _BUCKET.fullmatch(name):
        raise InvalidUriError(
            "A bucket's name has 3 to 63 lower-case letters, digits, hyphens and single dots, "
            "and begins and ends with a letter or digit."
        )
    if _IPV4.fullmatch(name):
        raise InvalidUriError("A bucket's name must not look like an IP address.")
    if name.startswith(_RESERVED_PREFIXES):
        raise InvalidUriError("A bucket's name must not begin with a prefix that S3 reserves.")


def _split(text: str) -> tuple[Provider, str, str]:
    scheme, _, rest = text.partition("://")
    provider = _SCHEMES.get(scheme)
    if provider is None:
        raise InvalidUriError("A storage URI begins with s3://.")
    bucket, _, key = rest.partition("/")
    check_bucket_name(bucket)
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:  # a lone surrogate, as JSON's \ud800 makes
        raise InvalidUriError("A key must be valid Unicode.") from error
    if size > MAX_KEY_BYTES:
        raise InvalidUriError(f"A key has at most {MAX_KEY_BYTES} bytes in UTF-8.")
    return provider, bucket, key
