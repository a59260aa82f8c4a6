from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.provider import Provider

T = TypeVar("T", bound="LocationBody")


@_attrs_define
class LocationBody:
    """An external location.

    Attributes:
        bucket (str):
        created_at (datetime.datetime):
        credential_id (UUID):
        location_id (UUID):
        name (str):
        origins (list[str]):
        prefix (str):
        provider (Provider): Which cloud's API a bucket speaks. The value is the scheme of its URIs.
        region (str):
        uri (str):
    """

    bucket: str
    created_at: datetime.datetime
    credential_id: UUID
    location_id: UUID
    name: str
    origins: list[str]
    prefix: str
    provider: Provider
    region: str
    uri: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bucket = self.bucket

        created_at = self.created_at.isoformat()

        credential_id = str(self.credential_id)

        location_id = str(self.location_id)

        name = self.name

        origins = self.origins

        prefix = self.prefix

        provider = self.provider.value

        region = self.region

        uri = self.uri

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bucket": bucket,
                "created_at": created_at,
                "credential_id": credential_id,
                "location_id": location_id,
                "name": name,
                "origins": origins,
                "prefix": prefix,
                "provider": provider,
                "region": region,
                "uri": uri,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        bucket = d.pop("bucket")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        credential_id = UUID(d.pop("credential_id"))

        location_id = UUID(d.pop("location_id"))

        name = d.pop("name")

        origins = cast(list[str], d.pop("origins"))

        prefix = d.pop("prefix")

        provider = Provider(d.pop("provider"))

        region = d.pop("region")

        uri = d.pop("uri")

        location_body = cls(
            bucket=bucket,
            created_at=created_at,
            credential_id=credential_id,
            location_id=location_id,
            name=name,
            origins=origins,
            prefix=prefix,
            provider=provider,
            region=region,
            uri=uri,
        )

        location_body.additional_properties = d
        return location_body

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
