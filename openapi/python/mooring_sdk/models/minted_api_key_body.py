from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.api_key_body import ApiKeyBody


T = TypeVar("T", bound="MintedApiKeyBody")


@_attrs_define
class MintedApiKeyBody:
    """A new API key. `key` is shown this once: send it as `Authorization: Bearer …`.

    Attributes:
        api_key (ApiKeyBody): An API key, without its text.
        key (str):
    """

    api_key: ApiKeyBody
    key: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        api_key = self.api_key.to_dict()

        key = self.key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "api_key": api_key,
                "key": key,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.api_key_body import ApiKeyBody

        d = dict(src_dict)
        api_key = ApiKeyBody.from_dict(d.pop("api_key"))

        key = d.pop("key")

        minted_api_key_body = cls(
            api_key=api_key,
            key=key,
        )

        minted_api_key_body.additional_properties = d
        return minted_api_key_body

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
