from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.new_organization_body_hosting import NewOrganizationBodyHosting
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewOrganizationBody")


@_attrs_define
class NewOrganizationBody:
    """Make a tenant. `hosting` is the default of its datasets.

    Attributes:
        name (str):
        hosting (NewOrganizationBodyHosting | Unset):  Default: NewOrganizationBodyHosting.SELF_HOSTED.
    """

    name: str
    hosting: NewOrganizationBodyHosting | Unset = NewOrganizationBodyHosting.SELF_HOSTED

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        hosting: str | Unset = UNSET
        if not isinstance(self.hosting, Unset):
            hosting = self.hosting.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if hosting is not UNSET:
            field_dict["hosting"] = hosting

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        _hosting = d.pop("hosting", UNSET)
        hosting: NewOrganizationBodyHosting | Unset
        if isinstance(_hosting, Unset):
            hosting = UNSET
        else:
            hosting = NewOrganizationBodyHosting(_hosting)

        new_organization_body = cls(
            name=name,
            hosting=hosting,
        )

        return new_organization_body
