"""Open the object store that a lease's bucket lives in: the one place that asks which cloud."""

from typing import assert_never

from shared.egress import EgressGuard
from shared.leases import Bucket, SessionKeys
from shared.storage.base import ObjectStore
from shared.storage.s3 import S3Store
from shared.uris import Provider


def open_store(bucket: Bucket, keys: SessionKeys, *, egress: EgressGuard) -> ObjectStore:
    """Return the store of a bucket, to be used with `async with`."""
    match bucket.provider:
        case Provider.S3:
            return S3Store(bucket, keys, egress=egress)
        case _:
            assert_never(bucket.provider)
