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

T = TypeVar("T", bound="RotateAccountKeyBody")


@_attrs_define
class RotateAccountKeyBody:
    """Give the other key of the same account, or a regenerated one.

    Attributes:
        key (str):
        method (Literal['account_key']):
    """

    key: str
    method: Literal["account_key"]

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        method = self.method

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        key = d.pop("key")

        method = cast(Literal["account_key"], d.pop("method"))
        if method != "account_key":
            raise ValueError(f"method must match const 'account_key', got '{method}'")

        rotate_account_key_body = cls(
            key=key,
            method=method,
        )

        return rotate_account_key_body
