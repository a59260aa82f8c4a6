from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ScheduleBody")


@_attrs_define
class ScheduleBody:
    """How often a dataset is synced, in seconds; null is never.

    Attributes:
        sync_every (float | None):
        sync_max_missing_share (float | Unset):  Default: 0.2.
    """

    sync_every: float | None
    sync_max_missing_share: float | Unset = 0.2

    def to_dict(self) -> dict[str, Any]:
        sync_every: float | None
        sync_every = self.sync_every

        sync_max_missing_share = self.sync_max_missing_share

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sync_every": sync_every,
            }
        )
        if sync_max_missing_share is not UNSET:
            field_dict["sync_max_missing_share"] = sync_max_missing_share

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_sync_every(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        sync_every = _parse_sync_every(d.pop("sync_every"))

        sync_max_missing_share = d.pop("sync_max_missing_share", UNSET)

        schedule_body = cls(
            sync_every=sync_every,
            sync_max_missing_share=sync_max_missing_share,
        )

        return schedule_body
