"""Which buckets are reached through the guard: those at an address that a customer chose."""

from shared.egress import EgressGuard
from shared.leases import Bucket
from shared.storage.azure_addresses import is_own_endpoint
from shared.uris import Provider


def is_guarded(bucket: Bucket) -> bool:
    """Say whether connections to a bucket go through the guard.

    A cloud's own addresses may well be private ones, those of a VPC endpoint or a private link, or
    behind a proxy. Azure has other ones of its own in each of its national clouds.
    """
    if bucket.endpoint is None:
        return False
    return not (bucket.provider is Provider.AZURE and is_own_endpoint(bucket.endpoint))


def require_allowed(bucket: Bucket, egress: EgressGuard) -> None:
    """Raise EndpointNotAllowedError for a bucket that Mooring must not connect to at all.

    The endpoint of an Azure account may have a path: elsewhere than at Azure it names the account.
    """
    if bucket.endpoint is None:
        return
    if bucket.provider is Provider.AZURE:
        egress.check_url(bucket.endpoint)
    else:
        egress.check_endpoint(bucket.endpoint)
