from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SignedReportBody")


@_attrs_define
class SignedReportBody:
    """An access report as a JWS (RFC 7515, flattened JSON), each member in base64url.

    `payload` is the report: who may do what, each check, and when it was signed. `protected` names
    the key.

        Attributes:
            payload (str):
            protected (str):
            signature (str):
    """

    payload: str
    protected: str
    signature: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        payload = self.payload

        protected = self.protected

        signature = self.signature

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "payload": payload,
                "protected": protected,
                "signature": signature,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        payload = d.pop("payload")

        protected = d.pop("protected")

        signature = d.pop("signature")

        signed_report_body = cls(
            payload=payload,
            protected=protected,
            signature=signature,
        )

        signed_report_body.additional_properties = d
        return signed_report_body

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
