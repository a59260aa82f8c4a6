from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)
from uuid import UUID

from attrs import define as _attrs_define

from ..models.new_service_principal_body_endpoint_suffix import (
    NewServicePrincipalBodyEndpointSuffix,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewServicePrincipalBody")


@_attrs_define
class NewServicePrincipalBody:
    """Give an application of the customer's own, with a secret, or a certificate and key as PEM.

    Attributes:
        client_id (UUID):
        client_secret (str):
        method (Literal['service_principal']):
        name (str):
        tenant_id (UUID):
        endpoint_suffix (NewServicePrincipalBodyEndpointSuffix | Unset):  Default:
            NewServicePrincipalBodyEndpointSuffix.CORE_WINDOWS_NET.
    """

    client_id: UUID
    client_secret: str
    method: Literal["service_principal"]
    name: str
    tenant_id: UUID
    endpoint_suffix: NewServicePrincipalBodyEndpointSuffix | Unset = (
        NewServicePrincipalBodyEndpointSuffix.CORE_WINDOWS_NET
    )

    def to_dict(self) -> dict[str, Any]:
        client_id = str(self.client_id)

        client_secret = self.client_secret

        method = self.method

        name = self.name

        tenant_id = str(self.tenant_id)

        endpoint_suffix: str | Unset = UNSET
        if not isinstance(self.endpoint_suffix, Unset):
            endpoint_suffix = self.endpoint_suffix.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "client_id": client_id,
                "client_secret": client_secret,
                "method": method,
                "name": name,
                "tenant_id": tenant_id,
            }
        )
        if endpoint_suffix is not UNSET:
            field_dict["endpoint_suffix"] = endpoint_suffix

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        client_id = UUID(d.pop("client_id"))

        client_secret = d.pop("client_secret")

        method = cast(Literal["service_principal"], d.pop("method"))
        if method != "service_principal":
            raise ValueError(
                f"method must match const 'service_principal', got '{method}'"
            )

        name = d.pop("name")

        tenant_id = UUID(d.pop("tenant_id"))

        _endpoint_suffix = d.pop("endpoint_suffix", UNSET)
        endpoint_suffix: NewServicePrincipalBodyEndpointSuffix | Unset
        if isinstance(_endpoint_suffix, Unset):
            endpoint_suffix = UNSET
        else:
            endpoint_suffix = NewServicePrincipalBodyEndpointSuffix(_endpoint_suffix)

        new_service_principal_body = cls(
            client_id=client_id,
            client_secret=client_secret,
            method=method,
            name=name,
            tenant_id=tenant_id,
            endpoint_suffix=endpoint_suffix,
        )

        return new_service_principal_body
