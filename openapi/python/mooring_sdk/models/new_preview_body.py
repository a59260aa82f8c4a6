from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.filters_body import FiltersBody


T = TypeVar("T", bound="NewPreviewBody")


@_attrs_define
class NewPreviewBody:
    """Ask what an import with this selection would take: the same members mean the same.

    `pin_versions` is refused as it would be there, and else changes nothing.

        Attributes:
            location_id (UUID):
            dataset_id (None | Unset | UUID):
            filters (FiltersBody | None | Unset):
            mode (Literal['reference'] | Unset):  Default: 'reference'.
            pin_versions (bool | Unset):  Default: False.
            prefix (None | str | Unset):
            source_files (list[str] | None | Unset):
    """

    location_id: UUID
    dataset_id: None | Unset | UUID = UNSET
    filters: FiltersBody | None | Unset = UNSET
    mode: Literal["reference"] | Unset = "reference"
    pin_versions: bool | Unset = False
    prefix: None | str | Unset = UNSET
    source_files: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.filters_body import FiltersBody

        location_id = str(self.location_id)

        dataset_id: None | str | Unset
        if isinstance(self.dataset_id, Unset):
            dataset_id = UNSET
        elif isinstance(self.dataset_id, UUID):
            dataset_id = str(self.dataset_id)
        else:
            dataset_id = self.dataset_id

        filters: dict[str, Any] | None | Unset
        if isinstance(self.filters, Unset):
            filters = UNSET
        elif isinstance(self.filters, FiltersBody):
            filters = self.filters.to_dict()
        else:
            filters = self.filters

        mode = self.mode

        pin_versions = self.pin_versions

        prefix: None | str | Unset
        if isinstance(self.prefix, Unset):
            prefix = UNSET
        else:
            prefix = self.prefix

        source_files: list[str] | None | Unset
        if isinstance(self.source_files, Unset):
            source_files = UNSET
        elif isinstance(self.source_files, list):
            source_files = self.source_files

        else:
            source_files = self.source_files

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "location_id": location_id,
            }
        )
        if dataset_id is not UNSET:
            field_dict["dataset_id"] = dataset_id
        if filters is not UNSET:
            field_dict["filters"] = filters
        if mode is not UNSET:
            field_dict["mode"] = mode
        if pin_versions is not UNSET:
            field_dict["pin_versions"] = pin_versions
        if prefix is not UNSET:
            field_dict["prefix"] = prefix
        if source_files is not UNSET:
            field_dict["source_files"] = source_files

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.filters_body import FiltersBody

        d = dict(src_dict)
        location_id = UUID(d.pop("location_id"))

        def _parse_dataset_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                dataset_id_type_0 = UUID(data)

                return dataset_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        dataset_id = _parse_dataset_id(d.pop("dataset_id", UNSET))

        def _parse_filters(data: object) -> FiltersBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filters_type_0 = FiltersBody.from_dict(data)

                return filters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FiltersBody | None | Unset, data)

        filters = _parse_filters(d.pop("filters", UNSET))

        mode = cast(Literal["reference"] | Unset, d.pop("mode", UNSET))
        if mode != "reference" and not isinstance(mode, Unset):
            raise ValueError(f"mode must match const 'reference', got '{mode}'")

        pin_versions = d.pop("pin_versions", UNSET)

        def _parse_prefix(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        prefix = _parse_prefix(d.pop("prefix", UNSET))

        def _parse_source_files(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                source_files_type_0 = cast(list[str], data)

                return source_files_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        source_files = _parse_source_files(d.pop("source_files", UNSET))

        new_preview_body = cls(
            location_id=location_id,
            dataset_id=dataset_id,
            filters=filters,
            mode=mode,
            pin_versions=pin_versions,
            prefix=prefix,
            source_files=source_files,
        )

        return new_preview_body
