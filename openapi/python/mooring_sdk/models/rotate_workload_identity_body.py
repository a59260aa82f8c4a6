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

T = TypeVar("T", bound="RotateWorkloadIdentityBody")


@_attrs_define
class RotateWorkloadIdentityBody:
    """Name another service account, or another provider.

    Attributes:
        method (Literal['workload_identity']):
        service_account (str):
        workload_provider (str):
    """

    method: Literal["workload_identity"]
    service_account: str
    workload_provider: str

    def to_dict(self) -> dict[str, Any]:
        method = self.method

        service_account = self.service_account

        workload_provider = self.workload_provider

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
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

        service_account = d.pop("service_account")

        workload_provider = d.pop("workload_provider")

        rotate_workload_identity_body = cls(
            method=method,
            service_account=service_account,
            workload_provider=workload_provider,
        )

        return rotate_workload_identity_body
