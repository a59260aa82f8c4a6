from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.organization_body_hosting import OrganizationBodyHosting

T = TypeVar("T", bound="OrganizationBody")


@_attrs_define
class OrganizationBody:
    """A tenant.

    Attributes:
        created_at (datetime.datetime):
        hosting (OrganizationBodyHosting):
        name (str):
        org_id (UUID):
    """

    created_at: datetime.datetime
    hosting: OrganizationBodyHosting
    name: str
    org_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        hosting = self.hosting.value

        name = self.name

        org_id = str(self.org_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "hosting": hosting,
                "name": name,
                "org_id": org_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        hosting = OrganizationBodyHosting(d.pop("hosting"))

        name = d.pop("name")

        org_id = UUID(d.pop("org_id"))

        organization_body = cls(
            created_at=created_at,
            hosting=hosting,
            name=name,
            org_id=org_id,
        )

        organization_body.additional_properties = d
        return organization_body

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
