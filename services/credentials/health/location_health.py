"""LocationsHealth: the health of a location, its past, and what its owner does about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue

from services.credentials.access.checks import Status
from services.credentials.health.records import HealthRecords
from services.credentials.health.states import Health
from shared.clock import Clock
from shared.database.access_reports import find_newest_report
from shared.database.external_locations import get_external_location
from shared.database.location_health import find_health, hasten_check
from shared.database.location_health_changes import (
    LocationHealthChange,
    find_newest_health_change,
    list_health_changes,
)
from shared.database.session import Database
from shared.errors import ConflictError

PAUSE = timedelta(minutes=1)  # after a look, before the next one that somebody asks for


@dataclass(frozen=True, slots=True)
class HealthView:
    """A location's health as its owner sees it, with a part of its past, newest first.

    `changes` are what is worse than in the last good report. `next_check_at` is None while no
    location is looked at by schedule.
    """

    location_id: UUID
    state: Health
    since: datetime
    checked_at: datetime | None
    next_check_at: datetime | None
    changes: Sequence[dict[str, JsonValue]]
    past: Sequence[LocationHealthChange]


class LocationsHealth:
    """Show how locations are, and look at them sooner. Foreign ones raise NotFoundError."""

    def __init__(
        self, database: Database, clock: Clock, records: HealthRecords, *, is_scheduled: bool
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._is_scheduled = is_scheduled

    async def get(
        self, org_id: UUID, location_id: UUID, *, before: UUID | None, limit: int
    ) -> HealthView:
        """Return a location's health, with up to `limit` changes that came before one."""
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            health = await find_health(session, location_id)
            newest = await find_newest_health_change(session, location_id)
            past = await list_health_changes(session, location_id, before=before, limit=limit)
        is_worse = newest is not None and newest.state != Health.HEALTHY
        return HealthView(
            location_id=location_id,
            state=Health.UNKNOWN if health is None else Health(health.state),
            since=location.created_at if health is None else health.since,
            checked_at=None if health is None else health.checked_at,
            next_check_at=health.next_check_at if health and self._is_scheduled else None,
            changes=newest.changes if newest is not None and is_worse else [],
            past=past,
        )

    async def accept(self, org_id: UUID, location_id: UUID) -> None:
        """Take what the newest report found for good from now on.

        Raise ConflictError when it is not valid, or when a check failed.
        """
        async with self._database.begin(org_id) as session:
            await get_external_location(session, location_id)
            report = await find_newest_report(session, location_id)
            if report is None or not report.valid or _has_failed(report.checks):
                raise ConflictError(
                    "Only a valid report in which no check failed is taken for good: mend the rest"
                    " and verify again."
                )
            await self._records.accept(session, report, self._clock.now())

    async def hasten(self, org_id: UUID, location_id: UUID) -> bool:
        """Have a location looked at now, or a minute after the last look.

        Say whether that is sooner than it would have been.
        """
        now = self._clock.now()
        async with self._database.begin(org_id) as session:
            await get_external_location(session, location_id)
            health = await find_health(session, location_id)
            if health is None:  # it was attached by a release that kept none
                await self._records.begin(session, org_id, location_id, now, now)
                return True
            at = now if health.checked_at is None else max(now, health.checked_at + PAUSE)
            return await hasten_check(session, location_id, at)


def _has_failed(checks: Sequence[dict[str, JsonValue]]) -> bool:
    return any(check["status"] == Status.FAILED for check in checks)
