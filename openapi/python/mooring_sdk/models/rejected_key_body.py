from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RejectedKeyBody")


@_attrs_define
class RejectedKeyBody:
    """A key that the import could not take.

    `key` shows bytes that are not text in hexadecimal; `key_bytes` are all of them, in base64.

        Attributes:
            code (str):
            key (str):
            key_bytes (str):
            reason (str):
    """

    code: str
    key: str
    key_bytes: str
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        key = self.key

        key_bytes = self.key_bytes

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "key": key,
                "key_bytes": key_bytes,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = d.pop("code")

        key = d.pop("key")

        key_bytes = d.pop("key_bytes")

        reason = d.pop("reason")

        rejected_key_body = cls(
            code=code,
            key=key,
            key_bytes=key_bytes,
            reason=reason,
        )

        rejected_key_body.additional_properties = d
        return rejected_key_body

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
