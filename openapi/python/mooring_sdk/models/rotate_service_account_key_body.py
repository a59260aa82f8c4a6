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

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.rotate_service_account_key_body_key_type_1 import (
        RotateServiceAccountKeyBodyKeyType1,
    )


T = TypeVar("T", bound="RotateServiceAccountKeyBody")


@_attrs_define
class RotateServiceAccountKeyBody:
    """Give another key, of the same service account or another one.

    Attributes:
        key (RotateServiceAccountKeyBodyKeyType1 | str):
        method (Literal['service_account_key']):
    """

    key: RotateServiceAccountKeyBodyKeyType1 | str
    method: Literal["service_account_key"]

    def to_dict(self) -> dict[str, Any]:
        from ..models.rotate_service_account_key_body_key_type_1 import (
            RotateServiceAccountKeyBodyKeyType1,
        )

        key: dict[str, Any] | str
        if isinstance(self.key, RotateServiceAccountKeyBodyKeyType1):
            key = self.key.to_dict()
        else:
            key = self.key

        method = self.method

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rotate_service_account_key_body_key_type_1 import (
            RotateServiceAccountKeyBodyKeyType1,
        )

        d = dict(src_dict)

        def _parse_key(data: object) -> RotateServiceAccountKeyBodyKeyType1 | str:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                key_type_1 = RotateServiceAccountKeyBodyKeyType1.from_dict(data)

                return key_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(RotateServiceAccountKeyBodyKeyType1 | str, data)

        key = _parse_key(d.pop("key"))

        method = cast(Literal["service_account_key"], d.pop("method"))
        if method != "service_account_key":
            raise ValueError(
                f"method must match const 'service_account_key', got '{method}'"
            )

        rotate_service_account_key_body = cls(
            key=key,
            method=method,
        )

        return rotate_service_account_key_body
