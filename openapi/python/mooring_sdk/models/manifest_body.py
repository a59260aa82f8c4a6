from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.manifest_format import ManifestFormat

T = TypeVar("T", bound="ManifestBody")


@_attrs_define
class ManifestBody:
    """An uploaded list of source files. `size` (bytes) and `sha256` (hexadecimal) are as it came.

    It can be used until `expires_at`.

        Attributes:
            created_at (datetime.datetime):
            expires_at (datetime.datetime):
            format_ (ManifestFormat): CSV with a key in the first column or in one named so, JSON lines, or a key per line.
            manifest_id (UUID):
            sha256 (str):
            size (int):
    """

    created_at: datetime.datetime
    expires_at: datetime.datetime
    format_: ManifestFormat
    manifest_id: UUID
    sha256: str
    size: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        expires_at = self.expires_at.isoformat()

        format_ = self.format_.value

        manifest_id = str(self.manifest_id)

        sha256 = self.sha256

        size = self.size

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "expires_at": expires_at,
                "format": format_,
                "manifest_id": manifest_id,
                "sha256": sha256,
                "size": size,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        format_ = ManifestFormat(d.pop("format"))

        manifest_id = UUID(d.pop("manifest_id"))

        sha256 = d.pop("sha256")

        size = d.pop("size")

        manifest_body = cls(
            created_at=created_at,
            expires_at=expires_at,
            format_=format_,
            manifest_id=manifest_id,
            sha256=sha256,
            size=size,
        )

        manifest_body.additional_properties = d
        return manifest_body

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
