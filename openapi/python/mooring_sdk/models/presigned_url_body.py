from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.presign_error_body import PresignErrorBody


T = TypeVar("T", bound="PresignedUrlBody")


@_attrs_define
class PresignedUrlBody:
    """The answer for one asset: a URL that works until `expires_at`, or an error.

    `version` is raised each time that an import finds the object changed, so that work on an
    earlier content can be told from work on this one; `etag` is what the object answered then.

        Attributes:
            asset_id (UUID):
            error (None | PresignErrorBody):
            etag (None | str):
            expires_at (datetime.datetime | None):
            url (None | str):
            version (int | None):
    """

    asset_id: UUID
    error: None | PresignErrorBody
    etag: None | str
    expires_at: datetime.datetime | None
    url: None | str
    version: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.presign_error_body import PresignErrorBody

        asset_id = str(self.asset_id)

        error: dict[str, Any] | None
        if isinstance(self.error, PresignErrorBody):
            error = self.error.to_dict()
        else:
            error = self.error

        etag: None | str
        etag = self.etag

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        url: None | str
        url = self.url

        version: int | None
        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "asset_id": asset_id,
                "error": error,
                "etag": etag,
                "expires_at": expires_at,
                "url": url,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.presign_error_body import PresignErrorBody

        d = dict(src_dict)
        asset_id = UUID(d.pop("asset_id"))

        def _parse_error(data: object) -> None | PresignErrorBody:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = PresignErrorBody.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PresignErrorBody, data)

        error = _parse_error(d.pop("error"))

        def _parse_etag(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        etag = _parse_etag(d.pop("etag"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        def _parse_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        url = _parse_url(d.pop("url"))

        def _parse_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        version = _parse_version(d.pop("version"))

        presigned_url_body = cls(
            asset_id=asset_id,
            error=error,
            etag=etag,
            expires_at=expires_at,
            url=url,
            version=version,
        )

        presigned_url_body.additional_properties = d
        return presigned_url_body

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
