from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.health import Health

if TYPE_CHECKING:
    from ..models.check_change_body import CheckChangeBody


T = TypeVar("T", bound="HealthChangeBody")


@_attrs_define
class HealthChangeBody:
    """A change of a location's health.

    `changes` are what was worse than in the last good report; of a change to `healthy`, what works
    again. The report with `report_id` may be gone by now.

        Attributes:
            change_id (UUID):
            changed_at (datetime.datetime):
            changes (list[CheckChangeBody]):
            previous_state (Health): How a location's access is, compared with its last good report.
            report_id (UUID):
            state (Health): How a location's access is, compared with its last good report.
    """

    change_id: UUID
    changed_at: datetime.datetime
    changes: list[CheckChangeBody]
    previous_state: Health
    report_id: UUID
    state: Health
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        change_id = str(self.change_id)

        changed_at = self.changed_at.isoformat()

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        previous_state = self.previous_state.value

        report_id = str(self.report_id)

        state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "change_id": change_id,
                "changed_at": changed_at,
                "changes": changes,
                "previous_state": previous_state,
                "report_id": report_id,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.check_change_body import CheckChangeBody

        d = dict(src_dict)
        change_id = UUID(d.pop("change_id"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = CheckChangeBody.from_dict(changes_item_data)

            changes.append(changes_item)

        previous_state = Health(d.pop("previous_state"))

        report_id = UUID(d.pop("report_id"))

        state = Health(d.pop("state"))

        health_change_body = cls(
            change_id=change_id,
            changed_at=changed_at,
            changes=changes,
            previous_state=previous_state,
            report_id=report_id,
            state=state,
        )

        health_change_body.additional_properties = d
        return health_change_body

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
