"""A location whose access a test makes up, and the vault's parts that keep its health."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Check, Finding, failed, passed, warning
from services.credentials.access.depths import Depth
from services.credentials.access.report import AccessVerifier, Report
from services.credentials.access.subjects import Subject
from services.credentials.access_reports import AccessReports
from services.credentials.health.claims import HealthClaims
from services.credentials.health.location_health import HealthView, LocationsHealth
from services.credentials.health.records import HealthRecords
from services.credentials.health.scheduler import HealthScheduler
from services.credentials.health.slots import Periods
from services.credentials.proofs.facts import FactFinder
from shared.clock import FrozenClock
from shared.database.location_health import LocationHealth, find_health
from shared.database.outbox_events import OutboxEvent
from shared.leases import Lease
from tests.services.credentials.lease_house import House

PERIODS = Periods(quick=timedelta(hours=1), full=timedelta(days=1), confirm=timedelta(minutes=3))
DENIED = failed("Denied.", Cause(CauseKind.LIST_NOT_GRANTED, "Allow it."))
BUSY = failed("Slow down.", Cause(CauseKind.THROTTLED, "Wait."))
SHORT = warning("One hour.", Cause(CauseKind.MAX_SESSION_DURATION, "Lengthen it.")).measuring(
    seconds=3_600
)
ALL_WELL = {
    "identity": passed("Let in."),
    "session_duration": passed("Twelve hours.").measuring(seconds=43_200),
    "region": passed("There.").measuring(region="eu-central-1"),
    "list": passed("Listed."),
    "sign": passed("Signed."),
}


@dataclass(slots=True)
class FakeVerifier:
    """Find what it is told to find; quick looks leave out what they are told to."""

    clock: FrozenClock
    findings: dict[str, Finding] = field(default_factory=lambda: dict(ALL_WELL))
    left_out: frozenset[str] = frozenset()
    error: Exception | None = None
    leases_refused: bool = False
    pause: asyncio.Event | None = None
    depths: list[Depth] = field(default_factory=list)
    looking: list[str] = field(default_factory=list)
    most_at_once: int = 0

    async def verify(
        self,
        subject: Subject,
        leases: Sequence[Lease] = (),  # noqa: ARG002 (the verifier's words)
        *,
        depth: Depth = Depth.FULL,
    ) -> Report:
        began_at = self.clock.now()
        self.depths.append(depth)
        self.looking.append(subject.prefix)
        self.most_at_once = max(self.most_at_once, len(self.looking))
        try:
            if self.pause is not None:
                await self.pause.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.looking.remove(subject.prefix)
        left_out = self.left_out if depth is Depth.QUICK else frozenset()
        checks = tuple(
            Check(name, None, timedelta(milliseconds=1), finding)
            for name, finding in self.findings.items()
            if name not in left_out
        )
        found = {check.name: check.status.value for check in checks}
        valid = "failed" not in {found.get("identity"), found.get("list")}
        return Report(checks, valid, None, self.leases_refused, began_at)


class NoFacts:
    """Find nothing to file beside the checks."""

    async def gather(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Watched:
    """One location, and what looks at it."""

    house: House
    verifier: FakeVerifier
    reports: AccessReports
    health: LocationsHealth

    @property
    def clock(self) -> FrozenClock:
        return self.house.clock

    async def look(self, **findings: Finding) -> None:
        """Find all well but for this, in a full look."""
        self.verifier.findings = {**ALL_WELL, **findings}
        await self.reports.verify(self.house.org_id, self.house.location_id)

    async def glance(self, **findings: Finding) -> bool:
        """Find all well but for this, in a quick look."""
        self.verifier.findings = {**ALL_WELL, **findings}
        return await self.reports.glance(self.house.org_id, self.house.location_id)

    async def see(self) -> HealthView:
        house = self.house
        return await self.health.get(house.org_id, house.location_id, before=None, limit=100)

    async def row(self) -> LocationHealth:
        async with self.house.database.begin(self.house.org_id) as session:
            found = await find_health(session, self.house.location_id)
        assert found is not None
        return found

    async def events(self) -> list[dict[str, Any]]:
        """Return what was told, oldest first."""
        async with self.house.database.begin(self.house.org_id) as session:
            query = select(OutboxEvent).order_by(OutboxEvent.event_id)
            found = (await session.scalars(query)).all()
        return [{"type": each.type, **each.subject, **each.payload} for each in found]

    async def states(self) -> list[str]:
        return [str(event["state"]) for event in await self.events()]

    def scheduler(self, *, concurrency: int = 4) -> HealthScheduler:
        return HealthScheduler(
            HealthClaims(self.house.database, self.clock),
            self.reports,
            self.clock,
            periods=PERIODS,
            concurrency=concurrency,
        )


def watch(house: House) -> Watched:
    records = HealthRecords(PERIODS)
    verifier = FakeVerifier(house.clock)
    reports = AccessReports(
        house.database,
        house.clock,
        credentials=house.credentials,
        leases=house.replica(),
        verifier=cast("AccessVerifier", verifier),
        facts=cast("FactFinder", NoFacts()),
        records=records,
    )
    health = LocationsHealth(house.database, house.clock, records, is_scheduled=True)
    return Watched(house, verifier, reports, health)


def sentences(changes: Sequence[dict[str, Any]]) -> list[str]:
    return [change["sentence"] for change in changes]


def location_ids(watched: Sequence[Watched]) -> list[UUID]:
    return [each.house.location_id for each in watched]
