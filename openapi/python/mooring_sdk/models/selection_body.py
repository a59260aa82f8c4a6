from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.selection_body_kind import SelectionBodyKind

if TYPE_CHECKING:
    from ..models.filters_body import FiltersBody


T = TypeVar("T", bound="SelectionBody")


@_attrs_define
class SelectionBody:
    """What the import is about: all keys below `prefix`, or a number of `source_files`.

    Attributes:
        filters (FiltersBody | None):
        kind (SelectionBodyKind):
        prefix (None | str):
        source_files (int | None):
    """

    filters: FiltersBody | None
    kind: SelectionBodyKind
    prefix: None | str
    source_files: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.filters_body import FiltersBody

        filters: dict[str, Any] | None
        if isinstance(self.filters, FiltersBody):
            filters = self.filters.to_dict()
        else:
            filters = self.filters

        kind = self.kind.value

        prefix: None | str
        prefix = self.prefix

        source_files: int | None
        source_files = self.source_files

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "filters": filters,
                "kind": kind,
                "prefix": prefix,
                "source_files": source_files,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.filters_body import FiltersBody

        d = dict(src_dict)

        def _parse_filters(data: object) -> FiltersBody | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filters_type_0 = FiltersBody.from_dict(data)

                return filters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FiltersBody | None, data)

        filters = _parse_filters(d.pop("filters"))

        kind = SelectionBodyKind(d.pop("kind"))

        def _parse_prefix(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        prefix = _parse_prefix(d.pop("prefix"))

        def _parse_source_files(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        source_files = _parse_source_files(d.pop("source_files"))

        selection_body = cls(
            filters=filters,
            kind=kind,
            prefix=prefix,
            source_files=source_files,
        )

        selection_body.additional_properties = d
        return selection_body

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
