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

T = TypeVar("T", bound="RotateServicePrincipalBody")


@_attrs_define
class RotateServicePrincipalBody:
    """Give a new secret or certificate of the same application.

    Attributes:
        client_secret (str):
        method (Literal['service_principal']):
    """

    client_secret: str
    method: Literal["service_principal"]

    def to_dict(self) -> dict[str, Any]:
        client_secret = self.client_secret

        method = self.method

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "client_secret": client_secret,
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        client_secret = d.pop("client_secret")

        method = cast(Literal["service_principal"], d.pop("method"))
        if method != "service_principal":
            raise ValueError(
                f"method must match const 'service_principal', got '{method}'"
            )

        rotate_service_principal_body = cls(
            client_secret=client_secret,
            method=method,
        )

        return rotate_service_principal_body
