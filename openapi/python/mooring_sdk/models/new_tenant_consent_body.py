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

T = TypeVar("T", bound="NewTenantConsentBody")


@_attrs_define
class NewTenantConsentBody:
    """Use Mooring's application in a tenant that is bound to the organization.

    An administrator of the tenant opens the URL of `GET /v1/azure/consent-url` beforehand.

        Attributes:
            method (Literal['tenant_consent']):
            name (str):
            tenant_id (UUID):
    """

    method: Literal["tenant_consent"]
    name: str
    tenant_id: UUID

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        name = self.name

        tenant_id = str(self.tenant_id)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
                "name": name,
                "tenant_id": tenant_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        method = cast(Literal["tenant_consent"], d.pop("method"))
        if method != "tenant_consent":
            raise ValueError(
                f"method must match const 'tenant_consent', got '{method}'"
            )

        name = d.pop("name")

        tenant_id = UUID(d.pop("tenant_id"))

        new_tenant_consent_body = cls(
            method=method,
            name=name,
            tenant_id=tenant_id,
        )

        return new_tenant_consent_body
