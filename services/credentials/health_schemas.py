"""The vault's bodies: the health of locations."""

from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.credentials.access.causes import Who
from services.credentials.access.checks import Status
from services.credentials.health.location_health import HealthView
from services.credentials.health.states import Health
from shared.database.location_health_changes import LocationHealthChange
from shared.paging import Page, cut


class CheckSideBody(BaseModel):
    """How a check ended."""

    status: Status
    finding: str


class CheckChangeBody(BaseModel):
    """A check that ends otherwise than in the last good report.

    `before` is null where it was not tried then. `sentence` says what is different, `who` must act.
    """

    check: str
    subject: str | None
    before: CheckSideBody | None
    after: CheckSideBody
    sentence: str
    who: Who | None


class HealthChangeBody(BaseModel):
    """A change of a location's health.

    `changes` are what was worse than in the last good report; of a change to `healthy`, what works
    again. The report with `report_id` may be gone by now.
    """

    change_id: UUID
    state: Health
    previous_state: Health
    changed_at: AwareDatetime
    report_id: UUID
    changes: list[CheckChangeBody]

    @classmethod
    def of(cls, row: LocationHealthChange) -> Self:
        return cls.model_validate(row, from_attributes=True)


class LocationHealthBody(BaseModel):
    """How a location's access is, `since` when, and what it was.

    `changes` are what is worse than in the last good report. `next_check_at` is null while the
    operator has switched the checks off. `history` is newest first.
    """

    location_id: UUID
    state: Health
    since: AwareDatetime
    last_checked_at: AwareDatetime | None
    next_check_at: AwareDatetime | None
    changes: list[CheckChangeBody]
    history: Page[HealthChangeBody]

    @classmethod
    def of(cls, view: HealthView, limit: int) -> Self:
        """Show a view with up to `limit + 1` changes of the past."""
        page, following = cut(view.past, limit, lambda row: row.change_id)
        return cls(
            location_id=view.location_id,
            state=view.state,
            since=view.since,
            last_checked_at=view.checked_at,
            next_check_at=view.next_check_at,
            changes=[CheckChangeBody.model_validate(each) for each in view.changes],
            history=Page[HealthChangeBody](
                items=[HealthChangeBody.of(row) for row in page], next_cursor=following
            ),
        )
