from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.left_out_body import LeftOutBody
    from ..models.near_miss_body import NearMissBody
    from ..models.preview_body_by_extension import PreviewBodyByExtension
    from ..models.preview_body_by_storage_class import PreviewBodyByStorageClass
    from ..models.warning_body import WarningBody


T = TypeVar("T", bound="PreviewBody")


@_attrs_define
class PreviewBody:
    """What an import would take of what was looked at: a page of the bucket, or some source files.

    `complete` says that there is nothing else to look at. `matched` of the `looked_at` keys would
    be taken; they have `bytes` together, and `archived` of them must be restored before they can be
    read. Extensions are in lower case, empty for keys without one, the 20 most frequent. Nothing
    to take is no error: `warning` says why, and `near_misses` what there is instead.

        Attributes:
            archived (int):
            by_extension (PreviewBodyByExtension):
            by_storage_class (PreviewBodyByStorageClass):
            bytes_ (int):
            complete (bool):
            looked_at (int):
            matched (int):
            near_misses (list[NearMissBody]):
            prefix (str):
            rejected (list[LeftOutBody]):
            sample_keys (list[str]):
            skipped (list[LeftOutBody]):
            warning (None | WarningBody):
    """

    archived: int
    by_extension: PreviewBodyByExtension
    by_storage_class: PreviewBodyByStorageClass
    bytes_: int
    complete: bool
    looked_at: int
    matched: int
    near_misses: list[NearMissBody]
    prefix: str
    rejected: list[LeftOutBody]
    sample_keys: list[str]
    skipped: list[LeftOutBody]
    warning: None | WarningBody
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.warning_body import WarningBody

        archived = self.archived

        by_extension = self.by_extension.to_dict()

        by_storage_class = self.by_storage_class.to_dict()

        bytes_ = self.bytes_

        complete = self.complete

        looked_at = self.looked_at

        matched = self.matched

        near_misses = []
        for near_misses_item_data in self.near_misses:
            near_misses_item = near_misses_item_data.to_dict()
            near_misses.append(near_misses_item)

        prefix = self.prefix

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)

        sample_keys = self.sample_keys

        skipped = []
        for skipped_item_data in self.skipped:
            skipped_item = skipped_item_data.to_dict()
            skipped.append(skipped_item)

        warning: dict[str, Any] | None
        if isinstance(self.warning, WarningBody):
            warning = self.warning.to_dict()
        else:
            warning = self.warning

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "archived": archived,
                "by_extension": by_extension,
                "by_storage_class": by_storage_class,
                "bytes": bytes_,
                "complete": complete,
                "looked_at": looked_at,
                "matched": matched,
                "near_misses": near_misses,
                "prefix": prefix,
                "rejected": rejected,
                "sample_keys": sample_keys,
                "skipped": skipped,
                "warning": warning,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.left_out_body import LeftOutBody
        from ..models.near_miss_body import NearMissBody
        from ..models.preview_body_by_extension import PreviewBodyByExtension
        from ..models.preview_body_by_storage_class import PreviewBodyByStorageClass
        from ..models.warning_body import WarningBody

        d = dict(src_dict)
        archived = d.pop("archived")

        by_extension = PreviewBodyByExtension.from_dict(d.pop("by_extension"))

        by_storage_class = PreviewBodyByStorageClass.from_dict(
            d.pop("by_storage_class")
        )

        bytes_ = d.pop("bytes")

        complete = d.pop("complete")

        looked_at = d.pop("looked_at")

        matched = d.pop("matched")

        near_misses = []
        _near_misses = d.pop("near_misses")
        for near_misses_item_data in _near_misses:
            near_misses_item = NearMissBody.from_dict(near_misses_item_data)

            near_misses.append(near_misses_item)

        prefix = d.pop("prefix")

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in _rejected:
            rejected_item = LeftOutBody.from_dict(rejected_item_data)

            rejected.append(rejected_item)

        sample_keys = cast(list[str], d.pop("sample_keys"))

        skipped = []
        _skipped = d.pop("skipped")
        for skipped_item_data in _skipped:
            skipped_item = LeftOutBody.from_dict(skipped_item_data)

            skipped.append(skipped_item)

        def _parse_warning(data: object) -> None | WarningBody:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                warning_type_0 = WarningBody.from_dict(data)

                return warning_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WarningBody, data)

        warning = _parse_warning(d.pop("warning"))

        preview_body = cls(
            archived=archived,
            by_extension=by_extension,
            by_storage_class=by_storage_class,
            bytes_=bytes_,
            complete=complete,
            looked_at=looked_at,
            matched=matched,
            near_misses=near_misses,
            prefix=prefix,
            rejected=rejected,
            sample_keys=sample_keys,
            skipped=skipped,
            warning=warning,
        )

        preview_body.additional_properties = d
        return preview_body

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
