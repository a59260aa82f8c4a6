from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="NewImportBody")


@_attrs_define
class NewImportBody:
    """Import what a location holds, without copying.

    Either everything whose key begins with `prefix` (by default the location's own prefix), or
    exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`.

        Attributes:
            dataset_id (UUID):
            location_id (UUID):
            mode (Literal['reference'] | Unset):  Default: 'reference'.
            prefix (None | str | Unset):
            source_files (list[str] | None | Unset):
    """

    dataset_id: UUID
    location_id: UUID
    mode: Literal["reference"] | Unset = "reference"
    prefix: None | str | Unset = UNSET
    source_files: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        dataset_id = str(self.dataset_id)

        location_id = str(self.location_id)

        mode = self.mode

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
                "dataset_id": dataset_id,
                "location_id": location_id,
            }
        )
        if mode is not UNSET:
            field_dict["mode"] = mode
        if prefix is not UNSET:
            field_dict["prefix"] = prefix
        if source_files is not UNSET:
            field_dict["source_files"] = source_files

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        dataset_id = UUID(d.pop("dataset_id"))

        location_id = UUID(d.pop("location_id"))

        mode = cast(Literal["reference"] | Unset, d.pop("mode", UNSET))
        if mode != "reference" and not isinstance(mode, Unset):
            raise ValueError(f"mode must match const 'reference', got '{mode}'")

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

        new_import_body = cls(
            dataset_id=dataset_id,
            location_id=location_id,
            mode=mode,
            prefix=prefix,
            source_files=source_files,
        )

        return new_import_body
