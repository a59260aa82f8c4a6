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
    from ..models.new_service_account_key_body_key_type_1 import (
        NewServiceAccountKeyBodyKeyType1,
    )


T = TypeVar("T", bound="NewServiceAccountKeyBody")


@_attrs_define
class NewServiceAccountKeyBody:
    """Give the key of a service account as Google made it: the file's JSON, or its text.

    It is never shown again.

        Attributes:
            key (NewServiceAccountKeyBodyKeyType1 | str):
            method (Literal['service_account_key']):
            name (str):
    """

    key: NewServiceAccountKeyBodyKeyType1 | str
    method: Literal["service_account_key"]
    name: str

    def to_dict(self) -> dict[str, Any]:
        from ..models.new_service_account_key_body_key_type_1 import (
            NewServiceAccountKeyBodyKeyType1,
        )

        key: dict[str, Any] | str
        if isinstance(self.key, NewServiceAccountKeyBodyKeyType1):
            key = self.key.to_dict()
        else:
            key = self.key

        method = self.method

        name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "method": method,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.new_service_account_key_body_key_type_1 import (
            NewServiceAccountKeyBodyKeyType1,
        )

        d = dict(src_dict)

        def _parse_key(data: object) -> NewServiceAccountKeyBodyKeyType1 | str:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                key_type_1 = NewServiceAccountKeyBodyKeyType1.from_dict(data)

                return key_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NewServiceAccountKeyBodyKeyType1 | str, data)

        key = _parse_key(d.pop("key"))

        method = cast(Literal["service_account_key"], d.pop("method"))
        if method != "service_account_key":
            raise ValueError(
                f"method must match const 'service_account_key', got '{method}'"
            )

        name = d.pop("name")

        new_service_account_key_body = cls(
            key=key,
            method=method,
            name=name,
        )

        return new_service_account_key_body
