from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AssetVersionBody")


@_attrs_define
class AssetVersionBody:
    """What an asset was until `replaced_at`, when the import found its object changed or moved.

    Attributes:
        etag (str):
        import_id (UUID):
        key (str):
        last_modified (datetime.datetime):
        replaced_at (datetime.datetime):
        size (int):
        version (int):
        version_id (None | str):
    """

    etag: str
    import_id: UUID
    key: str
    last_modified: datetime.datetime
    replaced_at: datetime.datetime
    size: int
    version: int
    version_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        etag = self.etag

        import_id = str(self.import_id)

        key = self.key

        last_modified = self.last_modified.isoformat()

        replaced_at = self.replaced_at.isoformat()

        size = self.size

        version = self.version

        version_id: None | str
        version_id = self.version_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "etag": etag,
                "import_id": import_id,
                "key": key,
                "last_modified": last_modified,
                "replaced_at": replaced_at,
                "size": size,
                "version": version,
                "version_id": version_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        etag = d.pop("etag")

        import_id = UUID(d.pop("import_id"))

        key = d.pop("key")

        last_modified = datetime.datetime.fromisoformat(d.pop("last_modified"))

        replaced_at = datetime.datetime.fromisoformat(d.pop("replaced_at"))

        size = d.pop("size")

        version = d.pop("version")

        def _parse_version_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        version_id = _parse_version_id(d.pop("version_id"))

        asset_version_body = cls(
            etag=etag,
            import_id=import_id,
            key=key,
            last_modified=last_modified,
            replaced_at=replaced_at,
            size=size,
            version=version,
            version_id=version_id,
        )

        asset_version_body.additional_properties = d
        return asset_version_body

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
