"""Regions: where a bucket really is, asked without credentials."""

import httpx

from services.credentials.access.probes import Probes
from services.credentials.issuers.base import AccessKey, AwsIdentity, Issuer
from services.credentials.region_names import is_region
from shared.errors import (
    BucketNotFoundError,
    EndpointNotAllowedError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import Bucket
from shared.storage.signing.s3 import bucket_url

REGION_HEADER = "x-amz-bucket-region"

_PASSING = (StorageThrottledError, StorageUnavailableError)


class BucketRegions:
    """Ask for regions by HEAD of the bucket, which AWS answers to strangers too.

    The header is on refusals and redirects as well ("HeadBucket", Amazon S3 API Reference).
    """

    def __init__(self, probes: Probes, issuer: Issuer[AwsIdentity], home_region: str) -> None:
        self._probes = probes
        self._issuer = issuer
        self._home_region = home_region

    async def find(self, identity: AwsIdentity, bucket: str, given: str | None) -> str | None:
        """Return the bucket's region, else the given one or the credential's, else None.

        Raise BucketNotFoundError when AWS has no such bucket. A store that does not answer
        strangers has said nothing.
        """
        if isinstance(identity, AccessKey):
            fallback = given or identity.region
            try:
                found = await self.ask(self._issuer.bucket(identity, bucket, fallback))
            except (BucketNotFoundError, *_PASSING):
                return fallback
            return found or fallback
        guess = given or self._home_region
        try:
            found = await self.ask(self._issuer.bucket(identity, bucket, guess))
        except _PASSING:
            if given is None:
                raise
            return given
        return found or given

    async def ask(self, bucket: Bucket) -> str | None:
        """Return what the store says, None when it says nothing that can be a region."""
        try:
            answer = await self._probes.client_for(bucket).head(bucket_url(bucket))
        except EndpointNotAllowedError as error:
            raise StorageUnavailableError(error.detail) from error
        except httpx.TransportError as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error
        region: str | None = answer.headers.get(REGION_HEADER)
        if region is None:
            _raise_for(answer.status_code)
        return region if region is not None and is_region(region) else None


def _raise_for(status: int) -> None:
    """Raise what an answer without a region means, unless it is a refusal: that says nothing."""
    if status == httpx.codes.NOT_FOUND:
        raise BucketNotFoundError("The bucket does not exist.")
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        raise StorageThrottledError("The object store asks us to slow down.")
    if httpx.codes.is_server_error(status):
        raise StorageUnavailableError("The object store fails on its side.")
