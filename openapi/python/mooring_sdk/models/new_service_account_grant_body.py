from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

T = TypeVar("T", bound="NewServiceAccountGrantBody")


@_attrs_define
class NewServiceAccountGrantBody:
    """Let the customer's buckets grant access to Mooring's service account for the organization.

    Attributes:
        method (Literal['service_account_grant']):
        name (str):
    """

    method: Literal["service_account_grant"]
    name: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        method = cast(Literal["service_account_grant"], d.pop("method"))
        if method != "service_account_grant":
            raise ValueError(
                f"method must match const 'service_account_grant', got '{method}'"
            )

        name = d.pop("name")

        new_service_account_grant_body = cls(
            method=method,
            name=name,
        )

        return new_service_account_grant_body
