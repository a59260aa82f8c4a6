from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.dataset_body_hosting import DatasetBodyHosting

T = TypeVar("T", bound="DatasetBody")


@_attrs_define
class DatasetBody:
    """A named set of assets.

    One with `sync_every` (seconds) is synced that often, unless more than `sync_max_missing_share`
    of its assets would go missing: the import then waits for a decision.

        Attributes:
            created_at (datetime.datetime):
            dataset_id (UUID):
            hosting (DatasetBodyHosting):
            name (str):
            next_sync_at (datetime.datetime | None):
            sync_every (float | None):
            sync_max_missing_share (float):
    """

    created_at: datetime.datetime
    dataset_id: UUID
    hosting: DatasetBodyHosting
    name: str
    next_sync_at: datetime.datetime | None
    sync_every: float | None
    sync_max_missing_share: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        dataset_id = str(self.dataset_id)

        hosting = self.hosting.value

        name = self.name

        next_sync_at: None | str
        if isinstance(self.next_sync_at, datetime.datetime):
            next_sync_at = self.next_sync_at.isoformat()
        else:
            next_sync_at = self.next_sync_at

        sync_every: float | None
        sync_every = self.sync_every

        sync_max_missing_share = self.sync_max_missing_share

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "dataset_id": dataset_id,
                "hosting": hosting,
                "name": name,
                "next_sync_at": next_sync_at,
                "sync_every": sync_every,
                "sync_max_missing_share": sync_max_missing_share,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        dataset_id = UUID(d.pop("dataset_id"))

        hosting = DatasetBodyHosting(d.pop("hosting"))

        name = d.pop("name")

        def _parse_next_sync_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_sync_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_sync_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_sync_at = _parse_next_sync_at(d.pop("next_sync_at"))

        def _parse_sync_every(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        sync_every = _parse_sync_every(d.pop("sync_every"))

        sync_max_missing_share = d.pop("sync_max_missing_share")

        dataset_body = cls(
            created_at=created_at,
            dataset_id=dataset_id,
            hosting=hosting,
            name=name,
            next_sync_at=next_sync_at,
            sync_every=sync_every,
            sync_max_missing_share=sync_max_missing_share,
        )

        dataset_body.additional_properties = d
        return dataset_body

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
