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

T = TypeVar("T", bound="RotateRoleBody")


@_attrs_define
class RotateRoleBody:
    """Name another role; it trusts the same ExternalId.

    Attributes:
        method (Literal['assume_role']):
        role_arn (str):
    """

    method: Literal["assume_role"]
    role_arn: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        role_arn = self.role_arn

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
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

        role_arn = d.pop("role_arn")

        rotate_role_body = cls(
            method=method,
            role_arn=role_arn,
        )

        return rotate_role_body
