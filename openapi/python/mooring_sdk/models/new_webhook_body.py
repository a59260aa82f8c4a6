from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.wanted_event import WantedEvent
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewWebhookBody")


@_attrs_define
class NewWebhookBody:
    """Name the https URL that events are sent to. Without `event_types` it is sent all.

    Attributes:
        url (str):
        description (str | Unset):  Default: ''.
        event_types (list[WantedEvent] | Unset):
    """

    url: str
    description: str | Unset = ""
    event_types: list[WantedEvent] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        description = self.description

        event_types: list[str] | Unset = UNSET
        if not isinstance(self.event_types, Unset):
            event_types = []
            for event_types_item_data in self.event_types:
                event_types_item = event_types_item_data.value
                event_types.append(event_types_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "url": url,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if event_types is not UNSET:
            field_dict["event_types"] = event_types

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        url = d.pop("url")

        description = d.pop("description", UNSET)

        _event_types = d.pop("event_types", UNSET)
        event_types: list[WantedEvent] | Unset = UNSET
        if _event_types is not UNSET:
            event_types = []
            for event_types_item_data in _event_types:
                event_types_item = WantedEvent(event_types_item_data)

                event_types.append(event_types_item)

        new_webhook_body = cls(
            url=url,
            description=description,
            event_types=event_types,
        )

        return new_webhook_body
