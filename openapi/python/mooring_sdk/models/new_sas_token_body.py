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

from ..models.new_sas_token_body_endpoint_suffix import NewSasTokenBodyEndpointSuffix
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewSasTokenBody")


@_attrs_define
class NewSasTokenBody:
    """Give a shared access signature that lists and reads a container. Nothing signs URLs then.

    `sas` is the query, with or without its question mark, or the whole URL.

        Attributes:
            account (str):
            method (Literal['sas_token']):
            name (str):
            sas (str):
            endpoint_suffix (NewSasTokenBodyEndpointSuffix | Unset):  Default:
                NewSasTokenBodyEndpointSuffix.CORE_WINDOWS_NET.
    """

    account: str
    method: Literal["sas_token"]
    name: str
    sas: str
    endpoint_suffix: NewSasTokenBodyEndpointSuffix | Unset = (
        NewSasTokenBodyEndpointSuffix.CORE_WINDOWS_NET
    )

    def to_dict(self) -> dict[str, Any]:
        account = self.account

        method = self.method

        name = self.name

        sas = self.sas

        endpoint_suffix: str | Unset = UNSET
        if not isinstance(self.endpoint_suffix, Unset):
            endpoint_suffix = self.endpoint_suffix.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "account": account,
                "method": method,
                "name": name,
                "sas": sas,
            }
        )
        if endpoint_suffix is not UNSET:
            field_dict["endpoint_suffix"] = endpoint_suffix

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        account = d.pop("account")

        method = cast(Literal["sas_token"], d.pop("method"))
        if method != "sas_token":
            raise ValueError(f"method must match const 'sas_token', got '{method}'")

        name = d.pop("name")

        sas = d.pop("sas")

        _endpoint_suffix = d.pop("endpoint_suffix", UNSET)
        endpoint_suffix: NewSasTokenBodyEndpointSuffix | Unset
        if isinstance(_endpoint_suffix, Unset):
            endpoint_suffix = UNSET
        else:
            endpoint_suffix = NewSasTokenBodyEndpointSuffix(_endpoint_suffix)

        new_sas_token_body = cls(
            account=account,
            method=method,
            name=name,
            sas=sas,
            endpoint_suffix=endpoint_suffix,
        )

        return new_sas_token_body
