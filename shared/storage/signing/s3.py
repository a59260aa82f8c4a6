"""Presigned S3 URLs: SigV4 in the query, computed from a derived key; pure and without I/O."""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from shared.leases import Bucket
from shared.storage.signing.base import (
    MAX_EXPIRY,
    MIN_EXPIRY,
    NO_OVERRIDES,
    Method,
    ResponseOverrides,
)
from shared.storage.signing.hosts import host_header

_PATH_SAFE = "/~"  # quote() itself keeps letters, digits and _ . - ~
_DNS_SUFFIXES = {  # by the beginning of a region's name; every other region is in amazonaws.com
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
_REGION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # becomes part of a host


@dataclass(frozen=True, slots=True)
class _Address:
    """Say where a bucket's objects are: URLs begin with `base`, the Host header is `host`."""

    base: str
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Everything of a URL and its signature that is the same for all keys of a batch."""

    address: _Address
    parameters: str
    canonical_parameters: str
    canonical_tail: str
    to_sign: str


def derive_signing_key(secret: str, day: date, region: str) -> bytes:
    """Return the key that signs requests to S3 in one region on one UTC day, and nothing else."""
    key = f"AWS4{secret}".encode()
    for part in (f"{day:%Y%m%d}", region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def presign_s3(
    bucket: Bucket,
    key: str,
    *,
    access_key_id: str,
    session_token: str | None,
    signing_key: bytes,
    signed_at: datetime,
    expires_in: timedelta,
    method: Method = "GET",
    overrides: ResponseOverrides = NO_OVERRIDES,
    version_id: str | None = None,
) -> str:
    """Return a URL that allows one method on one object until `signed_at + expires_in`.

    `signing_key` must be derived for the bucket's region and the UTC date of `signed_at`. Fractions
    of a second are dropped from both times. The text equals botocore's for the same input. Raise
    ValueError for an expiry outside S3's limits, a naive time or an empty key.
    """
    if not key:
        raise ValueError("An object has a key.")
    frame = _frame(bucket, access_key_id, session_token, signed_at, expires_in)
    path = frame.address.path + quote(key, safe=_PATH_SAFE)
    options = _options(overrides, version_id)
    # Names in upper case sort before those in lower case, so the options come last here, but first
    # in the URL, where botocore puts them.
    canonical = (
        f"{method}\n{path}\n{frame.canonical_parameters}{'&' if options else ''}{options}"
        f"{frame.canonical_tail}"
    )
    to_sign = frame.to_sign + sha256(canonical.encode()).hexdigest()
    signature = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
    return (
        f"{frame.address.base}{path}?{options}{'&' if options else ''}{frame.parameters}"
        f"&X-Amz-Signature={signature}"
    )


def bucket_url(bucket: Bucket) -> str:
    """Return the URL of the bucket itself, unsigned, as its objects' URLs begin."""
    address = _address_of(bucket)
    return address.base + address.path


@lru_cache(maxsize=256)  # a gateway signs for some hundred locations at a time
def _address_of(bucket: Bucket) -> _Address:
    """Return where a bucket is: a virtual host where TLS and DNS allow it, else a path.

    A dot in the name does not match the wildcard certificate of a virtual host, and an IP address
    has no sub-domains (S3 User Guide, "Virtual hosting of buckets"). Raise ValueError for a region
    that cannot be part of a host name.
    """
    if not _REGION.fullmatch(bucket.region):
        raise ValueError("A region is a label of letters, digits and hyphens.")
    url = urlsplit(bucket.endpoint or _aws_endpoint(bucket.region))
    host = host_header(url)
    dotted = "." in bucket.name and url.scheme == "https"
    if bucket.path_style or dotted or _is_ip(url.hostname):
        return _Address(f"{url.scheme}://{url.netloc}", host, f"/{bucket.name}/")
    return _Address(f"{url.scheme}://{bucket.name}.{url.netloc}", f"{bucket.name}.{host}", "/")


def _aws_endpoint(region: str) -> str:
    for beginning, suffix in _DNS_SUFFIXES.items():
        if region.startswith(beginning):
            return f"https://s3.{region}.{suffix}"
    return f"https://s3.{region}.amazonaws.com"


# Small, since it holds session tokens: one entry for each location and window that is being signed.
@lru_cache(maxsize=64)
def _frame(
    bucket: Bucket,
    access_key_id: str,
    session_token: str | None,
    signed_at: datetime,
    expires_in: timedelta,
) -> _Frame:
    if not MIN_EXPIRY <= expires_in <= MAX_EXPIRY:
        raise ValueError("A presigned URL lives between one second and seven days.")
    if signed_at.tzinfo is None:
        raise ValueError("The signing time must be aware.")
    moment = f"{signed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{bucket.region}/s3/aws4_request"
    parameters = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={quote(f'{access_key_id}/{scope}', safe='~')}"
        f"&X-Amz-Date={moment}"
        f"&X-Amz-Expires={int(expires_in.total_seconds())}"
    )
    token = (
        "" if session_token is None else f"&X-Amz-Security-Token={quote(session_token, safe='~')}"
    )
    signed_headers = "&X-Amz-SignedHeaders=host"
    address = _address_of(bucket)
    return _Frame(
        address=address,
        parameters=parameters + signed_headers + token,
        canonical_parameters=parameters + token + signed_headers,  # sorted by name
        canonical_tail=f"\nhost:{address.host}\n\nhost\nUNSIGNED-PAYLOAD",
        to_sign=f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n",
    )


def _options(overrides: ResponseOverrides, version_id: str | None) -> str:
    """Return the options as a query, in the order of their names, as the signature needs it."""
    if overrides is NO_OVERRIDES and version_id is None:
        return ""
    options = (
        ("response-cache-control", overrides.cache_control),
        ("response-content-disposition", overrides.content_disposition),
        ("response-content-type", overrides.content_type),
        ("versionId", version_id),
    )
    return "&".join(f"{name}={quote(text, safe='~')}" for name, text in options if text is not None)


def _is_ip(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True
