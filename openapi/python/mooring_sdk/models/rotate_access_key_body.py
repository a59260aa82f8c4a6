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

T = TypeVar("T", bound="RotateAccessKeyBody")


@_attrs_define
class RotateAccessKeyBody:
    """Give new keys of the same store.

    Attributes:
        access_key_id (str):
        method (Literal['access_key']):
        secret_access_key (str):
    """

    access_key_id: str
    method: Literal["access_key"]
    secret_access_key: str

    def to_dict(self) -> dict[str, Any]:
        access_key_id = self.access_key_id

        method = self.method

        secret_access_key = self.secret_access_key

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "access_key_id": access_key_id,
                "method": method,
                "secret_access_key": secret_access_key,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        access_key_id = d.pop("access_key_id")

        method = cast(Literal["access_key"], d.pop("method"))
        if method != "access_key":
            raise ValueError(f"method must match const 'access_key', got '{method}'")

        secret_access_key = d.pop("secret_access_key")

        rotate_access_key_body = cls(
            access_key_id=access_key_id,
            method=method,
            secret_access_key=secret_access_key,
        )

        return rotate_access_key_body
