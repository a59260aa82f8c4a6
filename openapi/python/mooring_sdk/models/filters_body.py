from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="FiltersBody")


@_attrs_define
class FiltersBody:
    """Which of the selected objects are taken: those that are like all that is asked here.

    Globs are about the part of a key behind the last slash of the import's prefix. An object is
    taken when its key matches one of `include` (if there are any) and none of `exclude`. It has one
    of the `extensions` in whatever case, at least `min_size` and at most `max_size` bytes, and was
    last modified at `modified_since` or later. With `skip_folder_markers`, empty objects whose key
    ends in a slash are not taken.

        Attributes:
            exclude (list[str] | Unset):
            extensions (list[str] | Unset):
            include (list[str] | Unset):
            max_size (int | None | Unset):
            min_size (int | None | Unset):
            modified_since (datetime.datetime | None | Unset):
            skip_folder_markers (bool | Unset):  Default: False.
    """

    exclude: list[str] | Unset = UNSET
    extensions: list[str] | Unset = UNSET
    include: list[str] | Unset = UNSET
    max_size: int | None | Unset = UNSET
    min_size: int | None | Unset = UNSET
    modified_since: datetime.datetime | None | Unset = UNSET
    skip_folder_markers: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        exclude: list[str] | Unset = UNSET
        if not isinstance(self.exclude, Unset):
            exclude = self.exclude

        extensions: list[str] | Unset = UNSET
        if not isinstance(self.extensions, Unset):
            extensions = self.extensions

        include: list[str] | Unset = UNSET
        if not isinstance(self.include, Unset):
            include = self.include

        max_size: int | None | Unset
        if isinstance(self.max_size, Unset):
            max_size = UNSET
        else:
            max_size = self.max_size

        min_size: int | None | Unset
        if isinstance(self.min_size, Unset):
            min_size = UNSET
        else:
            min_size = self.min_size

        modified_since: None | str | Unset
        if isinstance(self.modified_since, Unset):
            modified_since = UNSET
        elif isinstance(self.modified_since, datetime.datetime):
            modified_since = self.modified_since.isoformat()
        else:
            modified_since = self.modified_since

        skip_folder_markers = self.skip_folder_markers

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if exclude is not UNSET:
            field_dict["exclude"] = exclude
        if extensions is not UNSET:
            field_dict["extensions"] = extensions
        if include is not UNSET:
            field_dict["include"] = include
        if max_size is not UNSET:
            field_dict["max_size"] = max_size
        if min_size is not UNSET:
            field_dict["min_size"] = min_size
        if modified_since is not UNSET:
            field_dict["modified_since"] = modified_since
        if skip_folder_markers is not UNSET:
            field_dict["skip_folder_markers"] = skip_folder_markers

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        exclude = cast(list[str], d.pop("exclude", UNSET))

        extensions = cast(list[str], d.pop("extensions", UNSET))

        include = cast(list[str], d.pop("include", UNSET))

        def _parse_max_size(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_size = _parse_max_size(d.pop("max_size", UNSET))

        def _parse_min_size(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        min_size = _parse_min_size(d.pop("min_size", UNSET))

        def _parse_modified_since(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                modified_since_type_0 = datetime.datetime.fromisoformat(data)

                return modified_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        modified_since = _parse_modified_since(d.pop("modified_since", UNSET))

        skip_folder_markers = d.pop("skip_folder_markers", UNSET)

        filters_body = cls(
            exclude=exclude,
            extensions=extensions,
            include=include,
            max_size=max_size,
            min_size=min_size,
            modified_since=modified_since,
            skip_folder_markers=skip_folder_markers,
        )

        return filters_body
