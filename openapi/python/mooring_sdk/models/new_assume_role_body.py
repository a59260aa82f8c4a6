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

T = TypeVar("T", bound="NewAssumeRoleBody")


@_attrs_define
class NewAssumeRoleBody:
    """Name a role of the customer's account. The setup kit makes it, so it need not exist yet.

    Attributes:
        method (Literal['assume_role']):
        name (str):
        role_arn (str):
    """

    method: Literal["assume_role"]
    name: str
    role_arn: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        name = self.name

        role_arn = self.role_arn

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
                "name": name,
                "role_arn": role_arn,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        method = cast(Literal["assume_role"], d.pop("method"))
        if method != "assume_role":
            raise ValueError(f"method must match const 'assume_role', got '{method}'")

        name = d.pop("name")

        role_arn = d.pop("role_arn")

        new_assume_role_body = cls(
            method=method,
            name=name,
            role_arn=role_arn,
        )

        return new_assume_role_body
