from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.asset_state import AssetState

T = TypeVar("T", bound="AssetBody")


@_attrs_define
class AssetBody:
    """Our record of one object. `state_reason` says why it cannot be viewed.

    `version` is raised each time that the object's content, version or key changes.

        Attributes:
            asset_id (UUID):
            created_at (datetime.datetime):
            dataset_id (UUID):
            etag (str):
            key (str):
            last_modified (datetime.datetime):
            location_id (UUID):
            size (int):
            state (AssetState): Whether the object can be read: `missing` was listed once and is no longer there.
            state_reason (None | str):
            storage_class (str):
            updated_at (datetime.datetime):
            version (int):
            version_id (None | str):
    """

    asset_id: UUID
    created_at: datetime.datetime
    dataset_id: UUID
    etag: str
    key: str
    last_modified: datetime.datetime
    location_id: UUID
    size: int
    state: AssetState
    state_reason: None | str
    storage_class: str
    updated_at: datetime.datetime
    version: int
    version_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        asset_id = str(self.asset_id)

        created_at = self.created_at.isoformat()

        dataset_id = str(self.dataset_id)

        etag = self.etag

        key = self.key

        last_modified = self.last_modified.isoformat()

        location_id = str(self.location_id)

        size = self.size

        state = self.state.value

        state_reason: None | str
        state_reason = self.state_reason

        storage_class = self.storage_class

        updated_at = self.updated_at.isoformat()

        version = self.version

        version_id: None | str
        version_id = self.version_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "asset_id": asset_id,
                "created_at": created_at,
                "dataset_id": dataset_id,
                "etag": etag,
                "key": key,
                "last_modified": last_modified,
                "location_id": location_id,
                "size": size,
                "state": state,
                "state_reason": state_reason,
                "storage_class": storage_class,
                "updated_at": updated_at,
                "version": version,
                "version_id": version_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        asset_id = UUID(d.pop("asset_id"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        dataset_id = UUID(d.pop("dataset_id"))

        etag = d.pop("etag")

        key = d.pop("key")

        last_modified = datetime.datetime.fromisoformat(d.pop("last_modified"))

        location_id = UUID(d.pop("location_id"))

        size = d.pop("size")

        state = AssetState(d.pop("state"))

        def _parse_state_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state_reason = _parse_state_reason(d.pop("state_reason"))

        storage_class = d.pop("storage_class")

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        version = d.pop("version")

        def _parse_version_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        version_id = _parse_version_id(d.pop("version_id"))

        asset_body = cls(
            asset_id=asset_id,
            created_at=created_at,
            dataset_id=dataset_id,
            etag=etag,
            key=key,
            last_modified=last_modified,
            location_id=location_id,
            size=size,
            state=state,
            state_reason=state_reason,
            storage_class=storage_class,
            updated_at=updated_at,
            version=version,
            version_id=version_id,
        )

        asset_body.additional_properties = d
        return asset_body

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
