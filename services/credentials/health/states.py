"""States of a location's health, and when a look at it changes them.

What the customer's cloud answers clearly counts at once. What may be over soon (a busy store, no
answer in time) counts when two looks in a row, some time apart, ended so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from services.credentials.access.checks import Status
from services.credentials.health.changes import Change, Documents, diff
from services.credentials.health.doubts import is_passing


class Health(StrEnum):
    """How a location's access is, compared with its last good report."""

    UNKNOWN = "unknown"
    """It was never looked at with a verdict."""

    HEALTHY = "healthy"
    """The report is valid, no check failed, and nothing is worse than in the last good report."""

    DEGRADED = "degraded"
    """The report is valid, but a check failed, or something is worse."""

    BROKEN = "broken"
    """The report is not valid: no import begins."""


Signs: TypeAlias = frozenset[tuple[str, str | None, str]]
"""What is worse: checks with their subjects and statuses."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a location says: a state, and what is worse than in the last good report.

    One that is `passing` rests on what may be over soon.
    """

    state: Health
    changes: tuple[Change, ...]
    passing: bool

    @property
    def signs(self) -> Signs:
        return signs_of([change.document() for change in self.changes])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a location's health is: its state since when, and the signs that were told last.

    `doubted_at` is when the first of the last looks in a row was that had a passing verdict.
    """

    state: Health
    since: datetime
    signs: Signs = frozenset()
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where a look leads to: whether its verdict `counts`, and whether that is `news`."""

    standing: Standing
    counts: bool
    news: bool


def judge(checks: Documents, good: Documents | None, *, valid: bool) -> Verdict:
    """Judge a report's checks, beside those of the last good report if there is one."""
    changes = tuple(change for change in diff(good or [], checks) if change.worse)
    failed = [check for check in checks if check["status"] == Status.FAILED]
    state = Health.DEGRADED if failed or changes else Health.HEALTHY
    if not valid:
        state = Health.BROKEN
    return Verdict(state, changes, any(is_passing(check) for check in failed))


def follow(standing: Standing, verdict: Verdict, now: datetime, *, apart: timedelta) -> Step:
    """Return where a verdict leads to.

    A passing one counts when the look before ended in one too, and the first of these in a row was
    at least `apart` ago.
    """
    doubted_at = (standing.doubted_at or now) if verdict.passing else None
    if doubted_at is not None and (standing.doubted_at is None or now - doubted_at < apart):
        return Step(replace(standing, doubted_at=doubted_at), counts=False, news=False)
    changed = verdict.state is not standing.state
    since = now if changed else standing.since
    return Step(
        Standing(verdict.state, since, verdict.signs, doubted_at),
        counts=True,
        news=changed or verdict.signs != standing.signs,
    )


def signs_of(changes: Sequence[Mapping[str, Any]]) -> Signs:
    """Return the signs of changes as they are kept (see Change.document)."""
    return frozenset((each["check"], each["subject"], each["after"]["status"]) for each in changes)
