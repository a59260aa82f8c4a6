"""Leases in memory: asked for once a minute, kept while the vault is away, else dropped."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from shared.clock import Clock
from shared.errors import (
    AppError,
    DatabaseUnavailableError,
    LeaseExpiredError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
)
from shared.leases import Lease, Operation

log = structlog.get_logger()

Place = tuple[UUID, UUID, Operation]

TRUST = timedelta(minutes=1)
"""How long a lease is given out unasked, so that what was detached or retired is soon not."""

PAUSE = timedelta(seconds=5)  # between two tries to renew a lease that still lives

PATIENCE = timedelta(seconds=2)  # of a caller whose lease is being asked for again

_PASSING = (
    VaultUnavailableError,
    DatabaseUnavailableError,  # the vault's
    StorageUnavailableError,
    StorageThrottledError,
)


class FetchLease(Protocol):
    """Ask the vault for a lease, and for another one than was issued at `refused`."""

    def __call__(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Awaitable[Lease]: ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease, and from when on the vault should be asked for it again."""

    lease: Lease
    ask_from: datetime


class LeaseCache:
    """Give out leases of the vault, which is asked again when one is old or was long trusted.

    Until half of a lease's life the vault gives the same one, so that asking changes no URL. One
    request at a time runs for each organization, location and operation; all who come meanwhile
    wait for it and get its lease or its failure.

    A lease that lives serves on while the vault is away: when it fails for a passing reason, and
    when it lets callers wait for longer than `patience`. Any other failure ends the lease.
    """

    def __init__(self, fetch: FetchLease, clock: Clock, *, patience: timedelta = PATIENCE) -> None:
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._held: dict[Place, _Held] = {}
        self._fetching: dict[Place, asyncio.Task[Lease]] = {}

    def __len__(self) -> int:
        """Return how many leases are in memory."""
        return len(self._held)

    async def get(self, org_id: UUID, location_id: UUID, operation: Operation) -> Lease:
        """Return a lease that has not expired, or raise what the vault answers."""
        place = (org_id, location_id, operation)
        held = self._find(place)
        if held is not None and self._clock.now() < held.ask_from:
            return held.lease
        fetching = self._fetching.get(place) or self._start(place)
        if held is not None:
            await asyncio.wait([fetching], timeout=self._patience.total_seconds())
            kept = self._find(place)
            if kept is not None and not fetching.done():
                return self._serve_on(place, kept.lease)
        # Shielded: one who gives up must not end the request of the others.
        return await asyncio.shield(fetching)

    async def renew_refused(self, lease: Lease) -> Lease:
        """Return another lease than this one, which the customer's cloud refuses.

        It is the same one when the vault replaces none now; what the vault answers is raised.
        """
        place = (lease.org_id, lease.location_id, lease.operation)
        held = self._find(place)
        if held is not None and held.lease.issued_at != lease.issued_at:
            return held.lease  # renewed meanwhile, for another one who was refused
        self._held.pop(place, None)
        fetching = self._fetching.get(place) or self._start(place, refused=lease.issued_at)
        return await asyncio.shield(fetching)

    def _find(self, place: Place) -> _Held | None:
        held = self._held.get(place)
        return held if held is not None and self._clock.now() < held.lease.expires_at else None

    def _start(self, place: Place, *, refused: datetime | None = None) -> asyncio.Task[Lease]:
        fetching = self._fetching[place] = asyncio.create_task(self._renew(place, refused))
        fetching.add_done_callback(lambda done: self._forget_task(place, done))
        return fetching

    async def _renew(self, place: Place, refused: datetime | None) -> Lease:
        asked_at = self._clock.now()
        try:
            lease = await self._fetch(*place, refused=refused)
        except _PASSING as error:
            held = self._find(place)
            if held is None:
                raise
            log.warning("lease not renewed", location_id=str(place[1]), code=error.code)
            return self._serve_on(place, held.lease)
        except AppError:  # detached, retired, denied: nobody may have the old one any more
            self._held.pop(place, None)
            raise
        now = self._clock.now()
        if now >= lease.expires_at:
            raise LeaseExpiredError("The vault gave a lease that has expired.")
        self._drop_expired(now)
        ask_from = max(min(lease.renew_at, asked_at + TRUST), now + PAUSE)
        self._held[place] = _Held(lease, ask_from)
        return lease

    def _serve_on(self, place: Place, lease: Lease) -> Lease:
        """Give the old lease out, and leave the vault alone for a while."""
        self._held[place] = _Held(lease, self._clock.now() + PAUSE)
        return lease

    def _drop_expired(self, now: datetime) -> None:
        """Let go of secrets that are of no use; leases are few and fetched rarely."""
        for place in [place for place, held in self._held.items() if now >= held.lease.expires_at]:
            del self._held[place]

    def _forget_task(self, place: Place, done: asyncio.Task[Lease]) -> None:
        del self._fetching[place]
        if not done.cancelled():
            done.exception()  # taken note of, should all who waited have given up
