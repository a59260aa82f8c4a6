from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.health import Health

if TYPE_CHECKING:
    from ..models.check_change_body import CheckChangeBody
    from ..models.page_health_change_body import PageHealthChangeBody


T = TypeVar("T", bound="LocationHealthBody")


@_attrs_define
class LocationHealthBody:
    """How a location's access is, `since` when, and what it was.

    `changes` are what is worse than in the last good report. `next_check_at` is null while the
    operator has switched the checks off. `history` is newest first.

        Attributes:
            changes (list[CheckChangeBody]):
            history (PageHealthChangeBody):
            last_checked_at (datetime.datetime | None):
            location_id (UUID):
            next_check_at (datetime.datetime | None):
            since (datetime.datetime):
            state (Health): How a location's access is, compared with its last good report.
    """

    changes: list[CheckChangeBody]
    history: PageHealthChangeBody
    last_checked_at: datetime.datetime | None
    location_id: UUID
    next_check_at: datetime.datetime | None
    since: datetime.datetime
    state: Health
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        history = self.history.to_dict()

        last_checked_at: None | str
        if isinstance(self.last_checked_at, datetime.datetime):
            last_checked_at = self.last_checked_at.isoformat()
        else:
            last_checked_at = self.last_checked_at

        location_id = str(self.location_id)

        next_check_at: None | str
        if isinstance(self.next_check_at, datetime.datetime):
            next_check_at = self.next_check_at.isoformat()
        else:
            next_check_at = self.next_check_at

        since = self.since.isoformat()

        state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "changes": changes,
                "history": history,
                "last_checked_at": last_checked_at,
                "location_id": location_id,
                "next_check_at": next_check_at,
                "since": since,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.check_change_body import CheckChangeBody
        from ..models.page_health_change_body import PageHealthChangeBody

        d = dict(src_dict)
        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = CheckChangeBody.from_dict(changes_item_data)

            changes.append(changes_item)

        history = PageHealthChangeBody.from_dict(d.pop("history"))

        def _parse_last_checked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_checked_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_checked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_checked_at = _parse_last_checked_at(d.pop("last_checked_at"))

        location_id = UUID(d.pop("location_id"))

        def _parse_next_check_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_check_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_check_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_check_at = _parse_next_check_at(d.pop("next_check_at"))

        since = datetime.datetime.fromisoformat(d.pop("since"))

        state = Health(d.pop("state"))

        location_health_body = cls(
            changes=changes,
            history=history,
            last_checked_at=last_checked_at,
            location_id=location_id,
            next_check_at=next_check_at,
            since=since,
            state=state,
        )

        location_health_body.additional_properties = d
        return location_health_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
