from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="NearMissBody")


@_attrs_define
class NearMissBody:
    """What is near to what was asked: the field to change, and its value where one is known.

    Attributes:
        detail (str):
        field (str):
        value (int | None | str):
    """

    detail: str
    field: str
    value: int | None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        field = self.field

        value: int | None | str
        value = self.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "detail": detail,
                "field": field,
                "value": value,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        detail = d.pop("detail")

        field = d.pop("field")

        def _parse_value(data: object) -> int | None | str:
            if data is None:
                return data
            return cast(int | None | str, data)

        value = _parse_value(d.pop("value"))

        near_miss_body = cls(
            detail=detail,
            field=field,
            value=value,
        )

        near_miss_body.additional_properties = d
        return near_miss_body

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
