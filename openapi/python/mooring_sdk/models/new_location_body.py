from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="NewLocationBody")


@_attrs_define
class NewLocationBody:
    """Say which bucket and prefix, and which browser origins will show its files.

    The region is found out by asking the bucket; give it for stores that do not tell.

        Attributes:
            credential_id (UUID):
            name (str):
            uri (str):
            origins (list[str] | Unset):
            region (None | str | Unset):
    """

    credential_id: UUID
    name: str
    uri: str
    origins: list[str] | Unset = UNSET
    region: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        credential_id = str(self.credential_id)

        name = self.name

        uri = self.uri

        origins: list[str] | Unset = UNSET
        if not isinstance(self.origins, Unset):
            origins = self.origins

        region: None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        else:
            region = self.region

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "credential_id": credential_id,
                "name": name,
                "uri": uri,
            }
        )
        if origins is not UNSET:
            field_dict["origins"] = origins
        if region is not UNSET:
            field_dict["region"] = region

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        credential_id = UUID(d.pop("credential_id"))

        name = d.pop("name")

        uri = d.pop("uri")

        origins = cast(list[str], d.pop("origins", UNSET))

        def _parse_region(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))

        new_location_body = cls(
            credential_id=credential_id,
            name=name,
            uri=uri,
            origins=origins,
            region=region,
        )

        return new_location_body
