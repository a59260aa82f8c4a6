"""What every signer takes: one object, one method, and what the answer's headers shall say."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

Method: TypeAlias = Literal["GET", "HEAD"]

MIN_EXPIRY = timedelta(seconds=1)
MAX_EXPIRY = timedelta(days=7)
"""The same on all clouds: "Authenticating Requests: Using Query Parameters", Amazon S3 API
Reference; "Signed URLs", Cloud Storage; "Create a user delegation SAS", Azure Storage."""


@dataclass(frozen=True, slots=True)
class ResponseOverrides:
    """Headers that the store shall answer with in place of its own; None leaves them alone."""

    content_type: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None


NO_OVERRIDES = ResponseOverrides()


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """Ask for a URL that allows one method on one object, or on one version of it."""

    key: str
    method: Method = "GET"
    version_id: str | None = None
    overrides: ResponseOverrides = NO_OVERRIDES
