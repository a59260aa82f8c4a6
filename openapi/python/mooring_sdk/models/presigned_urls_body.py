from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.presigned_urls_body_method import PresignedUrlsBodyMethod

if TYPE_CHECKING:
    from ..models.presigned_url_body import PresignedUrlBody


T = TypeVar("T", bound="PresignedUrlsBody")


@_attrs_define
class PresignedUrlsBody:
    """The answers, in the order of the ids that were asked.

    Attributes:
        items (list[PresignedUrlBody]):
        method (PresignedUrlsBodyMethod):
    """

    items: list[PresignedUrlBody]
    method: PresignedUrlsBodyMethod
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        method = self.method.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.presigned_url_body import PresignedUrlBody

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = PresignedUrlBody.from_dict(items_item_data)

            items.append(items_item)

        method = PresignedUrlsBodyMethod(d.pop("method"))

        presigned_urls_body = cls(
            items=items,
            method=method,
        )

        presigned_urls_body.additional_properties = d
        return presigned_urls_body

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
