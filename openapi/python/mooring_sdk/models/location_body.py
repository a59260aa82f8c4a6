from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.health import Health
from ..models.provider import Provider

if TYPE_CHECKING:
    from ..models.capabilities_body import CapabilitiesBody


T = TypeVar("T", bound="LocationBody")


@_attrs_define
class LocationBody:
    """An external location.

    `health` is how its access is, compared with its last good report; more of it is at
    `/v1/locations/{location_id}/health`. `capabilities` are those of the store of an `access_key`,
    null until the location is verified.

        Attributes:
            bucket (str):
            capabilities (CapabilitiesBody | None):
            created_at (datetime.datetime):
            credential_id (UUID):
            health (Health): How a location's access is, compared with its last good report.
            location_id (UUID):
            name (str):
            origins (list[str]):
            prefix (str):
            provider (Provider): Which cloud's API a bucket speaks. The value is the scheme of its URIs.
            region (str):
            uri (str):
    """

    bucket: str
    capabilities: CapabilitiesBody | None
    created_at: datetime.datetime
    credential_id: UUID
    health: Health
    location_id: UUID
    name: str
    origins: list[str]
    prefix: str
    provider: Provider
    region: str
    uri: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.capabilities_body import CapabilitiesBody

        bucket = self.bucket

        capabilities: dict[str, Any] | None
        if isinstance(self.capabilities, CapabilitiesBody):
            capabilities = self.capabilities.to_dict()
        else:
            capabilities = self.capabilities

        created_at = self.created_at.isoformat()

        credential_id = str(self.credential_id)

        health = self.health.value

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
                "capabilities": capabilities,
                "created_at": created_at,
                "credential_id": credential_id,
                "health": health,
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
        from ..models.capabilities_body import CapabilitiesBody

        d = dict(src_dict)
        bucket = d.pop("bucket")

        def _parse_capabilities(data: object) -> CapabilitiesBody | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                capabilities_type_0 = CapabilitiesBody.from_dict(data)

                return capabilities_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CapabilitiesBody | None, data)

        capabilities = _parse_capabilities(d.pop("capabilities"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        credential_id = UUID(d.pop("credential_id"))

        health = Health(d.pop("health"))

        location_id = UUID(d.pop("location_id"))

        name = d.pop("name")

        origins = cast(list[str], d.pop("origins"))

        prefix = d.pop("prefix")

        provider = Provider(d.pop("provider"))

        region = d.pop("region")

        uri = d.pop("uri")

        location_body = cls(
            bucket=bucket,
            capabilities=capabilities,
            created_at=created_at,
            credential_id=credential_id,
            health=health,
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
