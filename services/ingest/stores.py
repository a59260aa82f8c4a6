"""Stores: how ingest opens the bucket that a lease to list grants."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from shared.egress import EgressGuard
from shared.leases import AccessGrant, Lease
from shared.storage.base import ObjectStore
from shared.storage.open import open_store

OpenStore = Callable[[Lease], AbstractAsyncContextManager[ObjectStore]]


def store_opener(egress: EgressGuard) -> OpenStore:
    """Return what opens the store of a lease to list."""

    def open_leased(lease: Lease) -> ObjectStore:
        if not isinstance(lease.grant, AccessGrant):
            raise TypeError("A lease to list grants access.")
        return open_store(lease.bucket, lease.grant, egress=egress)

    return open_leased
