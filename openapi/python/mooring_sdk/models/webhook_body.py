from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.disabled_because import DisabledBecause
from ..models.webhook_state import WebhookState

T = TypeVar("T", bound="WebhookBody")


@_attrs_define
class WebhookBody:
    """Where events are sent. Without `event_types` it is sent all.

    Attributes:
        created_at (datetime.datetime):
        description (str):
        disabled_because (DisabledBecause | None):
        event_types (list[str]):
        rotated_at (datetime.datetime | None):
        state (WebhookState): Whether events are sent to a webhook.
        url (str):
        webhook_id (UUID):
    """

    created_at: datetime.datetime
    description: str
    disabled_because: DisabledBecause | None
    event_types: list[str]
    rotated_at: datetime.datetime | None
    state: WebhookState
    url: str
    webhook_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        description = self.description

        disabled_because: None | str
        if isinstance(self.disabled_because, DisabledBecause):
            disabled_because = self.disabled_because.value
        else:
            disabled_because = self.disabled_because

        event_types = self.event_types

        rotated_at: None | str
        if isinstance(self.rotated_at, datetime.datetime):
            rotated_at = self.rotated_at.isoformat()
        else:
            rotated_at = self.rotated_at

        state = self.state.value

        url = self.url

        webhook_id = str(self.webhook_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "description": description,
                "disabled_because": disabled_because,
                "event_types": event_types,
                "rotated_at": rotated_at,
                "state": state,
                "url": url,
                "webhook_id": webhook_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        description = d.pop("description")

        def _parse_disabled_because(data: object) -> DisabledBecause | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                disabled_because_type_0 = DisabledBecause(data)

                return disabled_because_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DisabledBecause | None, data)

        disabled_because = _parse_disabled_because(d.pop("disabled_because"))

        event_types = cast(list[str], d.pop("event_types"))

        def _parse_rotated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rotated_at_type_0 = datetime.datetime.fromisoformat(data)

                return rotated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        rotated_at = _parse_rotated_at(d.pop("rotated_at"))

        state = WebhookState(d.pop("state"))

        url = d.pop("url")

        webhook_id = UUID(d.pop("webhook_id"))

        webhook_body = cls(
            created_at=created_at,
            description=description,
            disabled_because=disabled_because,
            event_types=event_types,
            rotated_at=rotated_at,
            state=state,
            url=url,
            webhook_id=webhook_id,
        )

        webhook_body.additional_properties = d
        return webhook_body

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
