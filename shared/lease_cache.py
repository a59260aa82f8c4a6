"""Leases in memory: asked for once, renewed at half their life, kept while the vault is away."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from shared.clock import Clock
from shared.errors import StorageThrottledError, StorageUnavailableError, VaultUnavailableError
from shared.leases import Lease, Operation

log = structlog.get_logger()

FetchLease = Callable[[UUID, UUID, Operation], Awaitable[Lease]]
Place = tuple[UUID, UUID, Operation]

_PASSING = (VaultUnavailableError, StorageUnavailableError, StorageThrottledError)


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    lease: Lease | None = None


class LeaseCache:
    """Give out leases of the vault.

    One request at a time runs for each organization, location and operation. When a renewal fails
    for a passing reason, the old lease serves as long as it lives.
    """

    def __init__(self, fetch: FetchLease, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._entries: dict[Place, _Entry] = {}

    async def get(self, org_id: UUID, location_id: UUID, operation: Operation) -> Lease:
        """Return a lease that has not expired."""
        place = (org_id, location_id, operation)
        entry = self._entries.setdefault(place, _Entry())
        if entry.lease is not None and self._clock.now() < entry.lease.renew_at:
            return entry.lease
        async with entry.lock:
            if entry.lease is None or self._clock.now() >= entry.lease.renew_at:
                entry.lease = await self._renew(place, entry.lease)
            return entry.lease

    def forget(self, org_id: UUID, location_id: UUID, operation: Operation) -> None:
        """Drop a lease that the customer's cloud no longer accepts."""
        self._entries.pop((org_id, location_id, operation), None)

    async def _renew(self, place: Place, old: Lease | None) -> Lease:
        try:
            return await self._fetch(*place)
        except _PASSING as error:
            if old is None or self._clock.now() >= old.expires_at:
                raise
            log.warning("lease not renewed", location_id=str(place[1]), code=error.code)
            return old
