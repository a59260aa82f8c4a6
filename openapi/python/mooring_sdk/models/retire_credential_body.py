from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RetireCredentialBody")


@_attrs_define
class RetireCredentialBody:
    """Retire a credential for good; with `detach_locations`, those that use it go with it.

    Attributes:
        detach_locations (bool | Unset):  Default: False.
    """

    detach_locations: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        detach_locations = self.detach_locations

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if detach_locations is not UNSET:
            field_dict["detach_locations"] = detach_locations

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        detach_locations = d.pop("detach_locations", UNSET)

        retire_credential_body = cls(
            detach_locations=detach_locations,
        )

        return retire_credential_body
