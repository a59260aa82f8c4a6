"""Claims: which locations this process looks at now, while others look at others."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.credentials.access.depths import Depth
from services.credentials.health.states import Health
from shared.clock import Clock
from shared.database.location_health import (
    LocationHealth,
    claim_health,
    forget_health,
    list_due,
    release_health,
)
from shared.database.session import Database

LIFE = timedelta(minutes=5)  # then the process that claimed is taken for dead
CROWD = 4  # as many as this times what is wanted are looked at: other processes take some, too


@dataclass(frozen=True, slots=True)
class Claim:
    """A location that is ours to look at until `until`."""

    org_id: UUID
    location_id: UUID
    depth: Depth
    until: datetime


class HealthClaims:
    """Claim what is due. Processes share the work by claiming: no location is two processes'."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, most: int) -> list[Claim]:
        """Claim up to so many locations, of all organizations."""
        now = self._clock.now()
        async with self._database.begin_as_scheduler() as session:
            due = await list_due(session, now, limit=most * CROWD)
        random.shuffle(due)  # so that processes do not all try the same ones
        claims: list[Claim] = []
        for org_id, location_id in due:
            if len(claims) == most:
                break
            claim = await self._claim(org_id, location_id)
            if claim is not None:
                claims.append(claim)
        return claims

    async def release(self, claim: Claim, *, next_check_at: datetime | None = None) -> None:
        """Give a claim back; what could not be looked at is due again at the time given."""
        async with self._database.begin(claim.org_id) as session:
            await release_health(
                session,
                claim.location_id,
                claimed_until=claim.until,
                next_check_at=next_check_at,
            )

    async def forget(self, claim: Claim) -> None:
        """Look no more at a location that is detached."""
        async with self._database.begin(claim.org_id) as session:
            await forget_health(session, [claim.location_id])

    async def _claim(self, org_id: UUID, location_id: UUID) -> Claim | None:
        now = self._clock.now()
        until = now + LIFE
        async with self._database.begin(org_id) as session:
            found = await claim_health(session, location_id, now=now, until=until)
            return None if found is None else Claim(org_id, location_id, _depth(found, now), until)


def _depth(health: LocationHealth, now: datetime) -> Depth:
    """A quick look is enough for what is well, until its full one is due."""
    well = health.state == Health.HEALTHY and health.doubted_at is None
    return Depth.QUICK if well and now < health.next_full_at else Depth.FULL
