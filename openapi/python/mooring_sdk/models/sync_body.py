from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SyncBody")


@_attrs_define
class SyncBody:
    """Sync all that the dataset was imported from, or what is of one location.

    With `dry_run` nothing is applied. `max_missing_share` is the dataset's own unless it is given.

        Attributes:
            dry_run (bool | Unset):  Default: False.
            location_id (None | Unset | UUID):
            max_missing_share (float | None | Unset):
    """

    dry_run: bool | Unset = False
    location_id: None | Unset | UUID = UNSET
    max_missing_share: float | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        dry_run = self.dry_run

        location_id: None | str | Unset
        if isinstance(self.location_id, Unset):
            location_id = UNSET
        elif isinstance(self.location_id, UUID):
            location_id = str(self.location_id)
        else:
            location_id = self.location_id

        max_missing_share: float | None | Unset
        if isinstance(self.max_missing_share, Unset):
            max_missing_share = UNSET
        else:
            max_missing_share = self.max_missing_share

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if location_id is not UNSET:
            field_dict["location_id"] = location_id
        if max_missing_share is not UNSET:
            field_dict["max_missing_share"] = max_missing_share

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        dry_run = d.pop("dry_run", UNSET)

        def _parse_location_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                location_id_type_0 = UUID(data)

                return location_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        location_id = _parse_location_id(d.pop("location_id", UNSET))

        def _parse_max_missing_share(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        max_missing_share = _parse_max_missing_share(d.pop("max_missing_share", UNSET))

        sync_body = cls(
            dry_run=dry_run,
            location_id=location_id,
            max_missing_share=max_missing_share,
        )

        return sync_body
