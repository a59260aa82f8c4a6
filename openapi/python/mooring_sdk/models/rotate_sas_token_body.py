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

T = TypeVar("T", bound="RotateSasTokenBody")


@_attrs_define
class RotateSasTokenBody:
    """Give a new signature for the same account.

    Attributes:
        method (Literal['sas_token']):
        sas (str):
    """

    method: Literal["sas_token"]
    sas: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        sas = self.sas

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
                "sas": sas,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        method = cast(Literal["sas_token"], d.pop("method"))
        if method != "sas_token":
            raise ValueError(f"method must match const 'sas_token', got '{method}'")

        sas = d.pop("sas")

        rotate_sas_token_body = cls(
            method=method,
            sas=sas,
        )

        return rotate_sas_token_body
