"""Records: what a look at a location changes in the database, told in the same transaction."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import JsonValue

from services.credentials.health.changes import Change, Documents, diff
from services.credentials.health.slots import Periods, next_slot
from services.credentials.health.states import (
    Health,
    Signs,
    Standing,
    Step,
    Verdict,
    follow,
    judge,
    signs_of,
)
from shared.database.access_reports import AccessReport, find_report, forget_old_reports
from shared.database.location_health import LocationHealth, find_health, lock_health
from shared.database.location_health_changes import (
    LocationHealthChange,
    find_newest_health_change,
    forget_old_health_changes,
)
from shared.database.outbox import EventType, add_event
from shared.database.session import Session

LONGEST_EVENT = 16_000  # bytes of changes: an event should stay below 20 kB (Standard Webhooks)

log = structlog.get_logger()


class HealthRecords:
    """Keep the health of locations. The caller's transaction is that of the organization."""

    def __init__(self, periods: Periods) -> None:
        self._periods = periods

    async def begin(
        self, session: Session, org_id: UUID, location_id: UUID, now: datetime, first_at: datetime
    ) -> None:
        """Let a location that is being attached be looked at, for the first time at `first_at`."""
        await lock_health(
            session, org_id=org_id, location_id=location_id, now=now, first_at=first_at
        )

    async def record(
        self, session: Session, report: AccessReport, before: AccessReport | None, now: datetime
    ) -> None:
        """Follow a full report that has just been stored; `before` it was the newest one.

        Older reports are forgotten. One that was begun before the last look says nothing new.
        """
        health = await self._lock(session, report.org_id, report.location_id, now)
        if health.checked_at is None or health.checked_at <= report.created_at:
            await self._follow(session, health, report, before, now)
        kept = {report.report_id, health.good_report_id or report.report_id}
        await forget_old_reports(session, report.location_id, now, but=kept)

    async def record_quick(
        self,
        session: Session,
        location_id: UUID,
        checks: Documents,
        *,
        valid: bool,
        verified_at: datetime,
        now: datetime,
    ) -> bool:
        """Follow a quick look that found nothing worse, and say whether it did so.

        Else nothing is recorded: what is worse, and whether it is all right again, is for a full
        look to say.
        """
        health = await find_health(session, location_id)
        if health is None or health.state != Health.HEALTHY or health.good_report_id is None:
            return False
        health = await self._lock(session, health.org_id, location_id, now)
        good = await self._find_good(session, health)
        if health.state != Health.HEALTHY or good is None:
            return False
        if judge(checks, good, valid=valid).state is not Health.HEALTHY:
            return False
        health.checked_at, health.doubted_at = verified_at, None
        health.next_check_at = next_slot(location_id, self._periods.quick, now)
        return True

    async def accept(self, session: Session, report: AccessReport, now: datetime) -> None:
        """Take the newest report, in which no check failed, for the last good one from now on."""
        health = await self._lock(session, report.org_id, report.location_id, now)
        if health.state == Health.HEALTHY:
            return
        verdict = Verdict(Health.HEALTHY, (), passing=False)
        standing = _standing(health, await self._find_signs(session, health))
        step = follow(standing, verdict, now, apart=self._periods.apart)
        await self._settle(session, health, report, step, [])
        health.good_report_id = report.report_id

    async def _lock(
        self, session: Session, org_id: UUID, location_id: UUID, now: datetime
    ) -> LocationHealth:
        return await lock_health(
            session, org_id=org_id, location_id=location_id, now=now, first_at=now
        )

    async def _follow(
        self,
        session: Session,
        health: LocationHealth,
        report: AccessReport,
        before: AccessReport | None,
        now: datetime,
    ) -> None:
        verdict = judge(report.checks, await self._find_good(session, health), valid=report.valid)
        standing = _standing(health, await self._find_signs(session, health))
        step = follow(standing, verdict, now, apart=self._periods.apart)
        health.checked_at = report.created_at
        if step.news:
            mended = verdict.state is Health.HEALTHY
            changes = _mended(before, report) if mended else verdict.changes
            documents = [change.document() for change in changes]
            await self._settle(session, health, report, step, documents)
        health.doubted_at = step.standing.doubted_at
        if verdict.state is Health.HEALTHY:
            health.good_report_id = report.report_id
        self._plan(health, step, now)

    def _plan(self, health: LocationHealth, step: Step, now: datetime) -> None:
        """Look again soon after bad news and in doubt, else at the location's own moments."""
        health.next_full_at = next_slot(health.location_id, self._periods.full, now)
        health.next_check_at = next_slot(health.location_id, self._periods.quick, now)
        bad_news = step.news and step.standing.state is not Health.HEALTHY
        if bad_news or not step.counts:
            soon = now + self._periods.confirm
            health.next_check_at = min(health.next_check_at, soon)

    async def _settle(
        self,
        session: Session,
        health: LocationHealth,
        report: AccessReport,
        step: Step,
        changes: Sequence[dict[str, JsonValue]],
    ) -> None:
        """Store a change of health, and tell of it unless all was well from the first."""
        previous, standing = health.state, step.standing
        health.state, health.since = standing.state.value, standing.since
        session.add(
            LocationHealthChange(
                org_id=health.org_id,
                location_id=health.location_id,
                state=health.state,
                previous_state=previous,
                changes=list(changes),
                report_id=report.report_id,
                changed_at=report.created_at,
            )
        )
        await session.flush()
        await forget_old_health_changes(session, health.location_id)
        log.info(
            "location health changed",
            location_id=str(health.location_id),
            state=health.state,
            previous_state=previous,
            checks=[change["check"] for change in changes],
        )
        if (previous, health.state) != (Health.UNKNOWN, Health.HEALTHY):
            await self._tell(session, health, report, previous, changes)

    async def _tell(
        self,
        session: Session,
        health: LocationHealth,
        report: AccessReport,
        previous: str,
        changes: Sequence[dict[str, JsonValue]],
    ) -> None:
        told = _first_of(changes)
        await add_event(
            session,
            org_id=health.org_id,
            type=EventType.LOCATION_HEALTH_CHANGED,
            subject={"location_id": health.location_id, "report_id": report.report_id},
            payload={
                "state": health.state,
                "previous_state": previous,
                "since": health.since.isoformat(),
                "changes": told,
                "more_changes": len(changes) - len(told),
            },
        )

    async def _find_good(self, session: Session, health: LocationHealth) -> Documents | None:
        if health.good_report_id is None:
            return None
        report = await find_report(session, health.good_report_id)
        return None if report is None else report.checks

    async def _find_signs(self, session: Session, health: LocationHealth) -> Signs:
        """Return what was told last, as far as it is worse."""
        last = await find_newest_health_change(session, health.location_id)
        if last is None or last.state == Health.HEALTHY:
            return frozenset()
        return signs_of(last.changes)


def _standing(health: LocationHealth, signs: Signs) -> Standing:
    return Standing(Health(health.state), health.since, signs, health.doubted_at)


def _mended(before: AccessReport | None, report: AccessReport) -> list[Change]:
    """Return what works again that did not in the report before."""
    if before is None:
        return []
    return [change for change in diff(before.checks, report.checks) if not change.worse]


def _first_of(changes: Sequence[dict[str, JsonValue]]) -> list[JsonValue]:
    """Return as many changes as an event may hold."""
    told: list[JsonValue] = []
    left = LONGEST_EVENT
    for change in changes:
        left -= len(json.dumps(change))
        if left < 0:
            break
        told.append(change)
    return told
