from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.capabilities_body_listing import CapabilitiesBodyListing

T = TypeVar("T", bound="CapabilitiesBody")


@_attrs_define
class CapabilitiesBody:
    """What an S3-compatible store does, as it was last verified; null where it is not known.

    `listing` is the newest listing that works. `start_after` says whether a listing can begin
    behind a key, `ordered` whether keys come in UTF-8 byte order, and `encoded` whether they are
    URL-encoded when that is asked for. `versions` says whether versions can be listed, `sts`
    whether the endpoint has an STS, `checksum_mode` whether a GET may ask for checksums, and
    `overrides` whether a presigned URL can set the answer's headers.

        Attributes:
            checksum_mode (bool | None):
            encoded (bool):
            listing (CapabilitiesBodyListing):
            ordered (bool | None):
            overrides (bool | None):
            path_style (bool):
            start_after (bool | None):
            sts (bool | None):
            versions (bool | None):
            virtual_host (bool):
    """

    checksum_mode: bool | None
    encoded: bool
    listing: CapabilitiesBodyListing
    ordered: bool | None
    overrides: bool | None
    path_style: bool
    start_after: bool | None
    sts: bool | None
    versions: bool | None
    virtual_host: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        checksum_mode: bool | None
        checksum_mode = self.checksum_mode

        encoded = self.encoded

        listing = self.listing.value

        ordered: bool | None
        ordered = self.ordered

        overrides: bool | None
        overrides = self.overrides

        path_style = self.path_style

        start_after: bool | None
        start_after = self.start_after

        sts: bool | None
        sts = self.sts

        versions: bool | None
        versions = self.versions

        virtual_host = self.virtual_host

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "checksum_mode": checksum_mode,
                "encoded": encoded,
                "listing": listing,
                "ordered": ordered,
                "overrides": overrides,
                "path_style": path_style,
                "start_after": start_after,
                "sts": sts,
                "versions": versions,
                "virtual_host": virtual_host,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_checksum_mode(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        checksum_mode = _parse_checksum_mode(d.pop("checksum_mode"))

        encoded = d.pop("encoded")

        listing = CapabilitiesBodyListing(d.pop("listing"))

        def _parse_ordered(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        ordered = _parse_ordered(d.pop("ordered"))

        def _parse_overrides(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        overrides = _parse_overrides(d.pop("overrides"))

        path_style = d.pop("path_style")

        def _parse_start_after(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        start_after = _parse_start_after(d.pop("start_after"))

        def _parse_sts(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        sts = _parse_sts(d.pop("sts"))

        def _parse_versions(data: object) -> bool | None:
            if data is None:
                return data
            return cast(bool | None, data)

        versions = _parse_versions(d.pop("versions"))

        virtual_host = d.pop("virtual_host")

        capabilities_body = cls(
            checksum_mode=checksum_mode,
            encoded=encoded,
            listing=listing,
            ordered=ordered,
            overrides=overrides,
            path_style=path_style,
            start_after=start_after,
            sts=sts,
            versions=versions,
            virtual_host=virtual_host,
        )

        capabilities_body.additional_properties = d
        return capabilities_body

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
