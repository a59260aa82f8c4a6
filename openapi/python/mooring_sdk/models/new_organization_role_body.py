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

T = TypeVar("T", bound="NewOrganizationRoleBody")


@_attrs_define
class NewOrganizationRoleBody:
    """Let the customer's bucket policies grant access to Mooring's role for the organization.

    Attributes:
        method (Literal['organization_role']):
        name (str):
    """

    method: Literal["organization_role"]
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
        method = cast(Literal["organization_role"], d.pop("method"))
        if method != "organization_role":
            raise ValueError(
                f"method must match const 'organization_role', got '{method}'"
            )

        name = d.pop("name")

        new_organization_role_body = cls(
            method=method,
            name=name,
        )

        return new_organization_role_body
