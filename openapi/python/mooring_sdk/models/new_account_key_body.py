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

from ..models.new_account_key_body_endpoint_suffix import (
    NewAccountKeyBodyEndpointSuffix,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewAccountKeyBody")


@_attrs_define
class NewAccountKeyBody:
    """Give one of the two keys of a storage account. It is never shown again.

    Attributes:
        account (str):
        key (str):
        method (Literal['account_key']):
        name (str):
        endpoint_suffix (NewAccountKeyBodyEndpointSuffix | Unset):  Default:
            NewAccountKeyBodyEndpointSuffix.CORE_WINDOWS_NET.
    """

    account: str
    key: str
    method: Literal["account_key"]
    name: str
    endpoint_suffix: NewAccountKeyBodyEndpointSuffix | Unset = (
        NewAccountKeyBodyEndpointSuffix.CORE_WINDOWS_NET
    )

    def to_dict(self) -> dict[str, Any]:
        account = self.account

        key = self.key

        method = self.method

        name = self.name

        endpoint_suffix: str | Unset = UNSET
        if not isinstance(self.endpoint_suffix, Unset):
            endpoint_suffix = self.endpoint_suffix.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "account": account,
                "key": key,
                "method": method,
                "name": name,
            }
        )
        if endpoint_suffix is not UNSET:
            field_dict["endpoint_suffix"] = endpoint_suffix

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        account = d.pop("account")

        key = d.pop("key")

        method = cast(Literal["account_key"], d.pop("method"))
        if method != "account_key":
            raise ValueError(f"method must match const 'account_key', got '{method}'")

        name = d.pop("name")

        _endpoint_suffix = d.pop("endpoint_suffix", UNSET)
        endpoint_suffix: NewAccountKeyBodyEndpointSuffix | Unset
        if isinstance(_endpoint_suffix, Unset):
            endpoint_suffix = UNSET
        else:
            endpoint_suffix = NewAccountKeyBodyEndpointSuffix(_endpoint_suffix)

        new_account_key_body = cls(
            account=account,
            key=key,
            method=method,
            name=name,
            endpoint_suffix=endpoint_suffix,
        )

        return new_account_key_body
