"""Signed URLs of Cloud Storage: V4 in the query, for the XML API; pure and without I/O."""

import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Literal, TypeAlias
from urllib.parse import quote, urlsplit

from shared.leases import ANY_REGION, Bucket
from shared.storage.signing.base import (
    MAX_EXPIRY,
    MIN_EXPIRY,
    NO_OVERRIDES,
    Method,
    ResponseOverrides,
)
from shared.storage.signing.hosts import host_header
from shared.storage.signing.macs import mac_with

Algorithm: TypeAlias = Literal["GOOG4-HMAC-SHA256", "GOOG4-RSA-SHA256"]

HMAC: Algorithm = "GOOG4-HMAC-SHA256"
RSA: Algorithm = "GOOG4-RSA-SHA256"

MAX_SIGN_BLOB_EXPIRY = timedelta(hours=12)
"""Google may replace the key of `signBlob` after this ("Creating signatures", Cloud Storage)."""

_ENDPOINT = "https://storage.googleapis.com"
_PATH_SAFE = "/~"  # quote() itself keeps letters, digits and _ . - ~
_SCOPE_END = "storage/goog4_request"


@dataclass(frozen=True, slots=True)
class UnsignedUrl:
    """A URL that lacks its signature, and the text that the signature is made over.

    For RSA that is RSASSA-PKCS1-v1_5 with SHA-256, by a service account's private key or by
    `signBlob` of the IAM Credentials API.
    """

    url: str
    to_sign: str

    def sign(self, signature: bytes) -> str:
        """Return the whole URL."""
        return f"{self.url}&X-Goog-Signature={signature.hex()}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """Everything of a URL and its signature that is the same for all keys of a batch."""

    base: str
    path: str
    parameters: str
    canonical_tail: str
    to_sign: str


def derive_gcs_key(secret: str, day: date) -> bytes:
    """Return the key that signs requests to Cloud Storage on one UTC day, and nothing else.

    `secret` is that of an HMAC key of a service account ("Signatures", "Signing key").
    """
    key = f"GOOG4{secret}".encode()
    for part in (f"{day:%Y%m%d}", ANY_REGION, "storage", "goog4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def presign_gcs(
    bucket: Bucket,
    key: str,
    *,
    access_id: str,
    signing_key: bytes,
    signed_at: datetime,
    expires_in: timedelta,
    method: Method = "GET",
    overrides: ResponseOverrides = NO_OVERRIDES,
    version_id: str | None = None,
) -> str:
    """Return a URL that allows one method on one object until `signed_at + expires_in`.

    `access_id` is that of the HMAC key, `signing_key` was derived from its secret for the UTC date
    of `signed_at`. Fractions of a second are dropped from both times. The text equals that of
    google-cloud-storage for the same input and signature. Raise ValueError for an expiry outside of
    the limits, a naive time or an empty key.
    """
    frame = _frame(bucket, access_id, HMAC, signed_at, expires_in)
    url, to_sign = _compose(frame, key, method, overrides, version_id)
    return f"{url}&X-Goog-Signature={mac_with(signing_key).hexdigest(to_sign.encode())}"


def prepare_gcs(
    bucket: Bucket,
    key: str,
    *,
    access_id: str,
    algorithm: Algorithm,
    signed_at: datetime,
    expires_in: timedelta,
    method: Method = "GET",
    overrides: ResponseOverrides = NO_OVERRIDES,
    version_id: str | None = None,
) -> UnsignedUrl:
    """Return a URL for a signature from elsewhere, else as `presign_gcs` does.

    With RSA `access_id` is the service account's e-mail address.
    """
    frame = _frame(bucket, access_id, algorithm, signed_at, expires_in)
    return UnsignedUrl(*_compose(frame, key, method, overrides, version_id))


def _compose(
    frame: _Frame, key: str, method: Method, overrides: ResponseOverrides, version_id: str | None
) -> tuple[str, str]:
    """Return the URL without its signature, and the text to sign."""
    if not key:
        raise ValueError("An object has a key.")
    path = frame.path + quote(key, safe=_PATH_SAFE)
    query = frame.parameters + _options(overrides, version_id)
    canonical = f"{method}\n{path}\n{query}{frame.canonical_tail}"
    return f"{frame.base}{path}?{query}", frame.to_sign + sha256(canonical.encode()).hexdigest()


def gcs_bucket_url(bucket: Bucket) -> str:
    """Return the URL of the bucket itself, unsigned, as its objects' URLs begin."""
    url = urlsplit(bucket.endpoint or _ENDPOINT)
    return f"{url.scheme}://{url.netloc}/{bucket.name}/"


@lru_cache(maxsize=64)  # one entry for each location and window that is being signed
def _frame(
    bucket: Bucket,
    access_id: str,
    algorithm: Algorithm,
    signed_at: datetime,
    expires_in: timedelta,
) -> _Frame:
    if not MIN_EXPIRY <= expires_in <= MAX_EXPIRY:
        raise ValueError("A presigned URL lives between one second and seven days.")
    if signed_at.tzinfo is None:
        raise ValueError("The signing time must be aware.")
    moment = f"{signed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{ANY_REGION}/{_SCOPE_END}"
    url = urlsplit(bucket.endpoint or _ENDPOINT)
    return _Frame(
        base=f"{url.scheme}://{url.netloc}",
        path=f"/{bucket.name}/",
        parameters=(
            f"X-Goog-Algorithm={algorithm}"
            f"&X-Goog-Credential={quote(f'{access_id}/{scope}', safe='~')}"
            f"&X-Goog-Date={moment}"
            f"&X-Goog-Expires={int(expires_in.total_seconds())}"
            "&X-Goog-SignedHeaders=host"
        ),
        canonical_tail=f"\nhost:{host_header(url)}\n\nhost\nUNSIGNED-PAYLOAD",
        to_sign=f"{algorithm}\n{moment}\n{scope}\n",
    )


def _options(overrides: ResponseOverrides, version_id: str | None) -> str:
    """Return the options as the end of the query, whose names sort behind those in upper case."""
    if overrides is NO_OVERRIDES and version_id is None:
        return ""
    options = (
        ("generation", version_id),
        ("response-cache-control", overrides.cache_control),
        ("response-content-disposition", overrides.content_disposition),
        ("response-content-type", overrides.content_type),
    )
    return "".join(f"&{name}={quote(text, safe='~')}" for name, text in options if text is not None)
