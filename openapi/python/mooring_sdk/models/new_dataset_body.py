from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.new_dataset_body_hosting_type_0 import NewDatasetBodyHostingType0
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewDatasetBody")


@_attrs_define
class NewDatasetBody:
    """Make a dataset. Without `hosting` it is the organization's default.

    Attributes:
        name (str):
        hosting (NewDatasetBodyHostingType0 | None | Unset):
    """

    name: str
    hosting: NewDatasetBodyHostingType0 | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        hosting: None | str | Unset
        if isinstance(self.hosting, Unset):
            hosting = UNSET
        elif isinstance(self.hosting, NewDatasetBodyHostingType0):
            hosting = self.hosting.value
        else:
            hosting = self.hosting

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

        def _parse_hosting(data: object) -> NewDatasetBodyHostingType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                hosting_type_0 = NewDatasetBodyHostingType0(data)

                return hosting_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NewDatasetBodyHostingType0 | None | Unset, data)

        hosting = _parse_hosting(d.pop("hosting", UNSET))

        new_dataset_body = cls(
            name=name,
            hosting=hosting,
        )

        return new_dataset_body
