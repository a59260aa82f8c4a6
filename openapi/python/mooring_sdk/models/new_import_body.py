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
    from ..models.inventory_body import InventoryBody
    from ..models.manifest_object_body import ManifestObjectBody


T = TypeVar("T", bound="NewImportBody")


@_attrs_define
class NewImportBody:
    """Import what a location holds, without copying.

    Either everything whose key begins with `prefix` (by default the location's own prefix), or
    exactly the `source_files`: whole keys, or URIs like `s3://bucket/key`, listed here, in an
    uploaded manifest (`manifest_id`) or in one in the bucket (`manifest`); of these, what passes
    the filters. With an `inventory`, what that lists below the prefix; a listing follows by itself,
    since the report is hours old.

    Where the dataset has assets of the location already, what differs is found first and applied
    then, unless more than `max_missing_share` of the assets (by default 0.2) would go missing: the
    import then waits for a decision. `dry_run` only finds. `pin_versions` records the version of
    each object, in a bucket that keeps them.

        Attributes:
            dataset_id (UUID):
            location_id (UUID):
            dry_run (bool | Unset):  Default: False.
            filters (FiltersBody | None | Unset):
            inventory (InventoryBody | None | Unset):
            manifest (ManifestObjectBody | None | Unset):
            manifest_id (None | Unset | UUID):
            max_missing_share (float | None | Unset):
            mode (Literal['reference'] | Unset):  Default: 'reference'.
            pin_versions (bool | Unset):  Default: False.
            prefix (None | str | Unset):
            source_files (list[str] | None | Unset):
    """

    dataset_id: UUID
    location_id: UUID
    dry_run: bool | Unset = False
    filters: FiltersBody | None | Unset = UNSET
    inventory: InventoryBody | None | Unset = UNSET
    manifest: ManifestObjectBody | None | Unset = UNSET
    manifest_id: None | Unset | UUID = UNSET
    max_missing_share: float | None | Unset = UNSET
    mode: Literal["reference"] | Unset = "reference"
    pin_versions: bool | Unset = False
    prefix: None | str | Unset = UNSET
    source_files: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.filters_body import FiltersBody
        from ..models.inventory_body import InventoryBody
        from ..models.manifest_object_body import ManifestObjectBody

        dataset_id = str(self.dataset_id)

        location_id = str(self.location_id)

        dry_run = self.dry_run

        filters: dict[str, Any] | None | Unset
        if isinstance(self.filters, Unset):
            filters = UNSET
        elif isinstance(self.filters, FiltersBody):
            filters = self.filters.to_dict()
        else:
            filters = self.filters

        inventory: dict[str, Any] | None | Unset
        if isinstance(self.inventory, Unset):
            inventory = UNSET
        elif isinstance(self.inventory, InventoryBody):
            inventory = self.inventory.to_dict()
        else:
            inventory = self.inventory

        manifest: dict[str, Any] | None | Unset
        if isinstance(self.manifest, Unset):
            manifest = UNSET
        elif isinstance(self.manifest, ManifestObjectBody):
            manifest = self.manifest.to_dict()
        else:
            manifest = self.manifest

        manifest_id: None | str | Unset
        if isinstance(self.manifest_id, Unset):
            manifest_id = UNSET
        elif isinstance(self.manifest_id, UUID):
            manifest_id = str(self.manifest_id)
        else:
            manifest_id = self.manifest_id

        max_missing_share: float | None | Unset
        if isinstance(self.max_missing_share, Unset):
            max_missing_share = UNSET
        else:
            max_missing_share = self.max_missing_share

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
                "dataset_id": dataset_id,
                "location_id": location_id,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if filters is not UNSET:
            field_dict["filters"] = filters
        if inventory is not UNSET:
            field_dict["inventory"] = inventory
        if manifest is not UNSET:
            field_dict["manifest"] = manifest
        if manifest_id is not UNSET:
            field_dict["manifest_id"] = manifest_id
        if max_missing_share is not UNSET:
            field_dict["max_missing_share"] = max_missing_share
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
        from ..models.inventory_body import InventoryBody
        from ..models.manifest_object_body import ManifestObjectBody

        d = dict(src_dict)
        dataset_id = UUID(d.pop("dataset_id"))

        location_id = UUID(d.pop("location_id"))

        dry_run = d.pop("dry_run", UNSET)

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

        def _parse_inventory(data: object) -> InventoryBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                inventory_type_0 = InventoryBody.from_dict(data)

                return inventory_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(InventoryBody | None | Unset, data)

        inventory = _parse_inventory(d.pop("inventory", UNSET))

        def _parse_manifest(data: object) -> ManifestObjectBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                manifest_type_0 = ManifestObjectBody.from_dict(data)

                return manifest_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ManifestObjectBody | None | Unset, data)

        manifest = _parse_manifest(d.pop("manifest", UNSET))

        def _parse_manifest_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                manifest_id_type_0 = UUID(data)

                return manifest_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        manifest_id = _parse_manifest_id(d.pop("manifest_id", UNSET))

        def _parse_max_missing_share(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        max_missing_share = _parse_max_missing_share(d.pop("max_missing_share", UNSET))

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

        new_import_body = cls(
            dataset_id=dataset_id,
            location_id=location_id,
            dry_run=dry_run,
            filters=filters,
            inventory=inventory,
            manifest=manifest,
            manifest_id=manifest_id,
            max_missing_share=max_missing_share,
            mode=mode,
            pin_versions=pin_versions,
            prefix=prefix,
            source_files=source_files,
        )

        return new_import_body
