from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.manifest_format import ManifestFormat
from ..types import UNSET, Unset

T = TypeVar("T", bound="ManifestObjectBody")


@_attrs_define
class ManifestObjectBody:
    """A list of source files that is an object below the location's prefix.

    Its `format` is told by its key (`.csv`, `.jsonl`, `.ndjson`, `.txt`, each with `.gz` or not)
    unless it is given.

        Attributes:
            key (str):
            format_ (ManifestFormat | None | Unset):
    """

    key: str
    format_: ManifestFormat | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        format_: None | str | Unset
        if isinstance(self.format_, Unset):
            format_ = UNSET
        elif isinstance(self.format_, ManifestFormat):
            format_ = self.format_.value
        else:
            format_ = self.format_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
            }
        )
        if format_ is not UNSET:
            field_dict["format"] = format_

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        key = d.pop("key")

        def _parse_format_(data: object) -> ManifestFormat | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                format_type_0 = ManifestFormat(data)

                return format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ManifestFormat | None | Unset, data)

        format_ = _parse_format_(d.pop("format", UNSET))

        manifest_object_body = cls(
            key=key,
            format_=format_,
        )

        return manifest_object_body
