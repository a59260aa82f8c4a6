"""Open the object store that a lease's bucket lives in, with what the lease grants."""

from shared.egress import EgressGuard
from shared.leases import AccessGrant, BearerToken, Bucket, SasToken, SessionKeys
from shared.storage.azure import AzureStore
from shared.storage.base import ObjectStore
from shared.storage.gcs import GcsStore
from shared.storage.s3 import S3Store
from shared.uris import Provider


def open_store(bucket: Bucket, grant: AccessGrant, *, egress: EgressGuard) -> ObjectStore:
    """Return the store of a bucket, to be used with `async with`.

    Raise TypeError for a grant that opens no bucket of this cloud.
    """
    match bucket.provider, grant:
        case Provider.S3, SessionKeys():
            return S3Store(bucket, grant, egress=egress)
        case Provider.GCS, SessionKeys():  # an HMAC key: the XML API speaks S3's
            return S3Store(bucket, grant, egress=egress)
        case Provider.GCS, BearerToken():
            return GcsStore(bucket, grant, egress=egress)
        case Provider.AZURE, SasToken():
            return AzureStore(bucket, grant, egress=egress)
        case _:
            raise TypeError("This grant opens no bucket of this cloud.")
