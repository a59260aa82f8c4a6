from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.asset_state import AssetState
from ..models.change_kind import ChangeKind

if TYPE_CHECKING:
    from ..models.unreadable_body import UnreadableBody


T = TypeVar("T", bound="ChangeBody")


@_attrs_define
class ChangeBody:
    """One difference that an import with a plan found.

    `size` to `state` are what the asset becomes; a missing one keeps what it was. `previous_key` is
    where a moved object was; `asset_id` is null for an added one. `unreadable` is null for objects
    that can be read, or were not tried.

        Attributes:
            asset_id (None | UUID):
            etag (str):
            key (str):
            kind (ChangeKind): How an asset differs from what was listed: a `moved` one has the same content elsewhere.
            last_modified (datetime.datetime):
            previous_key (None | str):
            size (int):
            state (AssetState): Whether the object can be read: `missing` was listed once and is no longer there.
            storage_class (str):
            unreadable (None | UnreadableBody):
            version_id (None | str):
    """

    asset_id: None | UUID
    etag: str
    key: str
    kind: ChangeKind
    last_modified: datetime.datetime
    previous_key: None | str
    size: int
    state: AssetState
    storage_class: str
    unreadable: None | UnreadableBody
    version_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.unreadable_body import UnreadableBody

        asset_id: None | str
        if isinstance(self.asset_id, UUID):
            asset_id = str(self.asset_id)
        else:
            asset_id = self.asset_id

        etag = self.etag

        key = self.key

        kind = self.kind.value

        last_modified = self.last_modified.isoformat()

        previous_key: None | str
        previous_key = self.previous_key

        size = self.size

        state = self.state.value

        storage_class = self.storage_class

        unreadable: dict[str, Any] | None
        if isinstance(self.unreadable, UnreadableBody):
            unreadable = self.unreadable.to_dict()
        else:
            unreadable = self.unreadable

        version_id: None | str
        version_id = self.version_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "asset_id": asset_id,
                "etag": etag,
                "key": key,
                "kind": kind,
                "last_modified": last_modified,
                "previous_key": previous_key,
                "size": size,
                "state": state,
                "storage_class": storage_class,
                "unreadable": unreadable,
                "version_id": version_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.unreadable_body import UnreadableBody

        d = dict(src_dict)

        def _parse_asset_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                asset_id_type_0 = UUID(data)

                return asset_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        asset_id = _parse_asset_id(d.pop("asset_id"))

        etag = d.pop("etag")

        key = d.pop("key")

        kind = ChangeKind(d.pop("kind"))

        last_modified = datetime.datetime.fromisoformat(d.pop("last_modified"))

        def _parse_previous_key(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        previous_key = _parse_previous_key(d.pop("previous_key"))

        size = d.pop("size")

        state = AssetState(d.pop("state"))

        storage_class = d.pop("storage_class")

        def _parse_unreadable(data: object) -> None | UnreadableBody:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                unreadable_type_0 = UnreadableBody.from_dict(data)

                return unreadable_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UnreadableBody, data)

        unreadable = _parse_unreadable(d.pop("unreadable"))

        def _parse_version_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        version_id = _parse_version_id(d.pop("version_id"))

        change_body = cls(
            asset_id=asset_id,
            etag=etag,
            key=key,
            kind=kind,
            last_modified=last_modified,
            previous_key=previous_key,
            size=size,
            state=state,
            storage_class=storage_class,
            unreadable=unreadable,
            version_id=version_id,
        )

        change_body.additional_properties = d
        return change_body

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
