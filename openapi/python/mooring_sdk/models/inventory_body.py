from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

T = TypeVar("T", bound="InventoryBody")


@_attrs_define
class InventoryBody:
    """The `manifest.json` of an S3 Inventory report of the bucket, in whatever location it lies.

    Attributes:
        key (str):
        location_id (UUID):
    """

    key: str
    location_id: UUID

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        location_id = str(self.location_id)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "location_id": location_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        key = d.pop("key")

        location_id = UUID(d.pop("location_id"))

        inventory_body = cls(
            key=key,
            location_id=location_id,
        )

        return inventory_body
