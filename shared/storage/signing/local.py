"""Sign with what a lease holds: the one place that asks which cloud's signer that is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.leases import Bucket, DelegationKey, Grant, SigningKeys
from shared.storage.signing.azure import presign_azure
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.gcs import presign_gcs
from shared.storage.signing.s3 import presign_s3
from shared.uris import Provider


def presign(
    bucket: Bucket,
    grant: Grant,
    requests: Sequence[UrlRequest],
    *,
    signed_at: datetime,
    expires_in: timedelta,
) -> list[str]:
    """Return a URL for each request. Raise TypeError for a grant that does not sign here."""
    match bucket.provider, grant:
        case Provider.S3, SigningKeys():
            return _presign_s3(bucket, grant, requests, signed_at, expires_in)
        case Provider.GCS, SigningKeys():
            return _presign_gcs(bucket, grant, requests, signed_at, expires_in)
        case Provider.AZURE, DelegationKey():
            return _presign_azure(bucket, grant, requests, signed_at, expires_in)
        case _:
            raise TypeError("This grant signs no URLs of this bucket.")


def _presign_s3(
    bucket: Bucket,
    grant: SigningKeys,
    requests: Sequence[UrlRequest],
    signed_at: datetime,
    expires_in: timedelta,
) -> list[str]:
    token = None if grant.session_token is None else grant.session_token.get_secret_value()
    signing_key = grant.keys[signed_at.date()]
    return [
        presign_s3(
            bucket,
            request.key,
            access_key_id=grant.access_key_id,
            session_token=token,
            signing_key=signing_key,
            signed_at=signed_at,
            expires_in=expires_in,
            method=request.method,
            overrides=request.overrides,
            version_id=request.version_id,
        )
        for request in requests
    ]


def _presign_gcs(
    bucket: Bucket,
    grant: SigningKeys,
    requests: Sequence[UrlRequest],
    signed_at: datetime,
    expires_in: timedelta,
) -> list[str]:
    signing_key = grant.keys[signed_at.astimezone(UTC).date()]
    return [
        presign_gcs(
            bucket,
            request.key,
            access_id=grant.access_key_id,
            signing_key=signing_key,
            signed_at=signed_at,
            expires_in=expires_in,
            method=request.method,
            overrides=request.overrides,
            version_id=request.version_id,
        )
        for request in requests
    ]


def _presign_azure(
    bucket: Bucket,
    grant: DelegationKey,
    requests: Sequence[UrlRequest],
    signed_at: datetime,
    expires_in: timedelta,
) -> list[str]:
    return [
        presign_azure(
            bucket,
            request.key,
            delegation_key=grant,
            signed_at=signed_at,
            expires_in=expires_in,
            method=request.method,
            overrides=request.overrides,
            version_id=request.version_id,
        )
        for request in requests
    ]
