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

T = TypeVar("T", bound="NewHmacKeyBody")


@_attrs_define
class NewHmacKeyBody:
    """Give an HMAC key of a service account. The secret is never shown again.

    Attributes:
        access_id (str):
        method (Literal['hmac_key']):
        name (str):
        secret (str):
    """

    access_id: str
    method: Literal["hmac_key"]
    name: str
    secret: str

    def to_dict(self) -> dict[str, Any]:
        access_id = self.access_id

        method = self.method

        name = self.name

        secret = self.secret

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "access_id": access_id,
                "method": method,
                "name": name,
                "secret": secret,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        access_id = d.pop("access_id")

        method = cast(Literal["hmac_key"], d.pop("method"))
        if method != "hmac_key":
            raise ValueError(f"method must match const 'hmac_key', got '{method}'")

        name = d.pop("name")

        secret = d.pop("secret")

        new_hmac_key_body = cls(
            access_id=access_id,
            method=method,
            name=name,
            secret=secret,
        )

        return new_hmac_key_body
