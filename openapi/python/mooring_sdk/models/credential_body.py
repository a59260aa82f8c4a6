from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.credential_body_method import CredentialBodyMethod
from ..models.provider import Provider

T = TypeVar("T", bound="CredentialBody")


@_attrs_define
class CredentialBody:
    """A storage credential. Which fields hold something depends on `method`; no secret is shown.

    Attributes:
        access_key_id (None | str):
        account (None | str):
        client_id (None | UUID):
        created_at (datetime.datetime):
        credential_id (UUID):
        endpoint (None | str):
        endpoint_suffix (None | str):
        external_id (None | str):
        method (CredentialBodyMethod):
        name (str):
        path_style (bool):
        provider (Provider): Which cloud's API a bucket speaks. The value is the scheme of its URIs.
        region (None | str):
        retired_at (datetime.datetime | None):
        role_arn (None | str):
        rotated_at (datetime.datetime | None):
        service_account (None | str):
        tenant_id (None | UUID):
        workload_provider (None | str):
    """

    access_key_id: None | str
    account: None | str
    client_id: None | UUID
    created_at: datetime.datetime
    credential_id: UUID
    endpoint: None | str
    endpoint_suffix: None | str
    external_id: None | str
    method: CredentialBodyMethod
    name: str
    path_style: bool
    provider: Provider
    region: None | str
    retired_at: datetime.datetime | None
    role_arn: None | str
    rotated_at: datetime.datetime | None
    service_account: None | str
    tenant_id: None | UUID
    workload_provider: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        access_key_id: None | str
        access_key_id = self.access_key_id

        account: None | str
        account = self.account

        client_id: None | str
        if isinstance(self.client_id, UUID):
            client_id = str(self.client_id)
        else:
            client_id = self.client_id

        created_at = self.created_at.isoformat()

        credential_id = str(self.credential_id)

        endpoint: None | str
        endpoint = self.endpoint

        endpoint_suffix: None | str
        endpoint_suffix = self.endpoint_suffix

        external_id: None | str
        external_id = self.external_id

        method = self.method.value

        name = self.name

        path_style = self.path_style

        provider = self.provider.value

        region: None | str
        region = self.region

        retired_at: None | str
        if isinstance(self.retired_at, datetime.datetime):
            retired_at = self.retired_at.isoformat()
        else:
            retired_at = self.retired_at

        role_arn: None | str
        role_arn = self.role_arn

        rotated_at: None | str
        if isinstance(self.rotated_at, datetime.datetime):
            rotated_at = self.rotated_at.isoformat()
        else:
            rotated_at = self.rotated_at

        service_account: None | str
        service_account = self.service_account

        tenant_id: None | str
        if isinstance(self.tenant_id, UUID):
            tenant_id = str(self.tenant_id)
        else:
            tenant_id = self.tenant_id

        workload_provider: None | str
        workload_provider = self.workload_provider

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "access_key_id": access_key_id,
                "account": account,
                "client_id": client_id,
                "created_at": created_at,
                "credential_id": credential_id,
                "endpoint": endpoint,
                "endpoint_suffix": endpoint_suffix,
                "external_id": external_id,
                "method": method,
                "name": name,
                "path_style": path_style,
                "provider": provider,
                "region": region,
                "retired_at": retired_at,
                "role_arn": role_arn,
                "rotated_at": rotated_at,
                "service_account": service_account,
                "tenant_id": tenant_id,
                "workload_provider": workload_provider,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_access_key_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        access_key_id = _parse_access_key_id(d.pop("access_key_id"))

        def _parse_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        account = _parse_account(d.pop("account"))

        def _parse_client_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                client_id_type_0 = UUID(data)

                return client_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        client_id = _parse_client_id(d.pop("client_id"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        credential_id = UUID(d.pop("credential_id"))

        def _parse_endpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint = _parse_endpoint(d.pop("endpoint"))

        def _parse_endpoint_suffix(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        endpoint_suffix = _parse_endpoint_suffix(d.pop("endpoint_suffix"))

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

        method = CredentialBodyMethod(d.pop("method"))

        name = d.pop("name")

        path_style = d.pop("path_style")

        provider = Provider(d.pop("provider"))

        def _parse_region(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        region = _parse_region(d.pop("region"))

        def _parse_retired_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                retired_at_type_0 = datetime.datetime.fromisoformat(data)

                return retired_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        retired_at = _parse_retired_at(d.pop("retired_at"))

        def _parse_role_arn(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        role_arn = _parse_role_arn(d.pop("role_arn"))

        def _parse_rotated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rotated_at_type_0 = datetime.datetime.fromisoformat(data)

                return rotated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        rotated_at = _parse_rotated_at(d.pop("rotated_at"))

        def _parse_service_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        service_account = _parse_service_account(d.pop("service_account"))

        def _parse_tenant_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                tenant_id_type_0 = UUID(data)

                return tenant_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        tenant_id = _parse_tenant_id(d.pop("tenant_id"))

        def _parse_workload_provider(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        workload_provider = _parse_workload_provider(d.pop("workload_provider"))

        credential_body = cls(
            access_key_id=access_key_id,
            account=account,
            client_id=client_id,
            created_at=created_at,
            credential_id=credential_id,
            endpoint=endpoint,
            endpoint_suffix=endpoint_suffix,
            external_id=external_id,
            method=method,
            name=name,
            path_style=path_style,
            provider=provider,
            region=region,
            retired_at=retired_at,
            role_arn=role_arn,
            rotated_at=rotated_at,
            service_account=service_account,
            tenant_id=tenant_id,
            workload_provider=workload_provider,
        )

        credential_body.additional_properties = d
        return credential_body

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
