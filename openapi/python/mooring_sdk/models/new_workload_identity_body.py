from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

T = TypeVar("T", bound="NewWorkloadIdentityBody")


@_attrs_define
class NewWorkloadIdentityBody:
    """Name a service account of the customer's, and the provider that lets Mooring act as it.

    The setup kit makes both, so they need not exist yet.

        Attributes:
            method (Literal['workload_identity']):
            name (str):
            service_account (str):
            workload_provider (str):
    """

    method: Literal["workload_identity"]
    name: str
    service_account: str
    workload_provider: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        name = self.name

        service_account = self.service_account

        workload_provider = self.workload_provider

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
                "name": name,
                "service_account": service_account,
                "workload_provider": workload_provider,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        method = cast(Literal["workload_identity"], d.pop("method"))
        if method != "workload_identity":
            raise ValueError(
                f"method must match const 'workload_identity', got '{method}'"
            )

        name = d.pop("name")

        service_account = d.pop("service_account")

        workload_provider = d.pop("workload_provider")

        new_workload_identity_body = cls(
            method=method,
            name=name,
            service_account=service_account,
            workload_provider=workload_provider,
        )

        return new_workload_identity_body
