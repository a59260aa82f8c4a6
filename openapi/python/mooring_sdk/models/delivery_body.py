from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_state import DeliveryState

if TYPE_CHECKING:
    from ..models.attempt_body import AttemptBody


T = TypeVar("T", bound="DeliveryBody")


@_attrs_define
class DeliveryBody:
    """An event on its way to a webhook.

    `attempts` are all that were made, `latest_attempts` the newest 20 of them, oldest first.

        Attributes:
            attempts (int):
            event_id (UUID):
            event_type (str):
            latest_attempts (list[AttemptBody]):
            next_attempt_at (datetime.datetime | None):
            occurred_at (datetime.datetime):
            state (DeliveryState): Where a delivery is: pending → delivered or failed; a replay makes it pending again.
    """

    attempts: int
    event_id: UUID
    event_type: str
    latest_attempts: list[AttemptBody]
    next_attempt_at: datetime.datetime | None
    occurred_at: datetime.datetime
    state: DeliveryState
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attempts = self.attempts

        event_id = str(self.event_id)

        event_type = self.event_type

        latest_attempts = []
        for latest_attempts_item_data in self.latest_attempts:
            latest_attempts_item = latest_attempts_item_data.to_dict()
            latest_attempts.append(latest_attempts_item)

        next_attempt_at: None | str
        if isinstance(self.next_attempt_at, datetime.datetime):
            next_attempt_at = self.next_attempt_at.isoformat()
        else:
            next_attempt_at = self.next_attempt_at

        occurred_at = self.occurred_at.isoformat()

        state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempts": attempts,
                "event_id": event_id,
                "event_type": event_type,
                "latest_attempts": latest_attempts,
                "next_attempt_at": next_attempt_at,
                "occurred_at": occurred_at,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.attempt_body import AttemptBody

        d = dict(src_dict)
        attempts = d.pop("attempts")

        event_id = UUID(d.pop("event_id"))

        event_type = d.pop("event_type")

        latest_attempts = []
        _latest_attempts = d.pop("latest_attempts")
        for latest_attempts_item_data in _latest_attempts:
            latest_attempts_item = AttemptBody.from_dict(latest_attempts_item_data)

            latest_attempts.append(latest_attempts_item)

        def _parse_next_attempt_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_attempt_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_attempt_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_attempt_at = _parse_next_attempt_at(d.pop("next_attempt_at"))

        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))

        state = DeliveryState(d.pop("state"))

        delivery_body = cls(
            attempts=attempts,
            event_id=event_id,
            event_type=event_type,
            latest_attempts=latest_attempts,
            next_attempt_at=next_attempt_at,
            occurred_at=occurred_at,
            state=state,
        )

        delivery_body.additional_properties = d
        return delivery_body

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
