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

from ..types import UNSET, Unset

T = TypeVar("T", bound="NewAccessKeyBody")


@_attrs_define
class NewAccessKeyBody:
    """Give keys of a store that speaks S3's API. The secret is never shown again.

    Attributes:
        access_key_id (str):
        endpoint (str):
        method (Literal['access_key']):
        name (str):
        region (str):
        secret_access_key (str):
        path_style (bool | Unset):  Default: True.
    """

    access_key_id: str
    endpoint: str
    method: Literal["access_key"]
    name: str
    region: str
    secret_access_key: str
    path_style: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        access_key_id = self.access_key_id

        endpoint = self.endpoint

        method = self.method

        name = self.name

        region = self.region

        secret_access_key = self.secret_access_key

        path_style = self.path_style

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "access_key_id": access_key_id,
                "endpoint": endpoint,
                "method": method,
                "name": name,
                "region": region,
                "secret_access_key": secret_access_key,
            }
        )
        if path_style is not UNSET:
            field_dict["path_style"] = path_style

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        access_key_id = d.pop("access_key_id")

        endpoint = d.pop("endpoint")

        method = cast(Literal["access_key"], d.pop("method"))
        if method != "access_key":
            raise ValueError(f"method must match const 'access_key', got '{method}'")

        name = d.pop("name")

        region = d.pop("region")

        secret_access_key = d.pop("secret_access_key")

        path_style = d.pop("path_style", UNSET)

        new_access_key_body = cls(
            access_key_id=access_key_id,
            endpoint=endpoint,
            method=method,
            name=name,
            region=region,
            secret_access_key=secret_access_key,
            path_style=path_style,
        )

        return new_access_key_body
