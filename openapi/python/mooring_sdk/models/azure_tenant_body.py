from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.azure_tenant_body_state import AzureTenantBodyState

T = TypeVar("T", bound="AzureTenantBody")


@_attrs_define
class AzureTenantBody:
    """A tenant that an administrator of it connected to the organization.

    `pending` ones belong to another organization as well and wait for the operator's approval.

        Attributes:
            approved_at (datetime.datetime | None):
            created_at (datetime.datetime):
            state (AzureTenantBodyState):
            tenant_id (UUID):
    """

    approved_at: datetime.datetime | None
    created_at: datetime.datetime
    state: AzureTenantBodyState
    tenant_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        approved_at: None | str
        if isinstance(self.approved_at, datetime.datetime):
            approved_at = self.approved_at.isoformat()
        else:
            approved_at = self.approved_at

        created_at = self.created_at.isoformat()

        state = self.state.value

        tenant_id = str(self.tenant_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "approved_at": approved_at,
                "created_at": created_at,
                "state": state,
                "tenant_id": tenant_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_approved_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                approved_at_type_0 = datetime.datetime.fromisoformat(data)

                return approved_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        approved_at = _parse_approved_at(d.pop("approved_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        state = AzureTenantBodyState(d.pop("state"))

        tenant_id = UUID(d.pop("tenant_id"))

        azure_tenant_body = cls(
            approved_at=approved_at,
            created_at=created_at,
            state=state,
            tenant_id=tenant_id,
        )

        azure_tenant_body.additional_properties = d
        return azure_tenant_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
