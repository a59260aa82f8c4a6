from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.setup_kit_body_bucket_policy_type_0 import (
        SetupKitBodyBucketPolicyType0,
    )
    from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
    from ..models.setup_kit_body_permission_policy_type_0 import (
        SetupKitBodyPermissionPolicyType0,
    )
    from ..models.setup_kit_body_trust_policy_type_0 import SetupKitBodyTrustPolicyType0


T = TypeVar("T", bound="SetupKitBody")


@_attrs_define
class SetupKitBody:
    """What the customer pastes on their side: documents as JSON, and one `aws` CLI script.

    Null where the method needs no such document. `max_session_duration` is in seconds.

        Attributes:
            bucket_policy (None | SetupKitBodyBucketPolicyType0):
            cors (None | SetupKitBodyCorsType0):
            external_id (None | str):
            max_session_duration (int | None):
            permission_policy (None | SetupKitBodyPermissionPolicyType0):
            principal_arn (None | str):
            role_arn (None | str):
            script (str):
            trust_policy (None | SetupKitBodyTrustPolicyType0):
    """

    bucket_policy: None | SetupKitBodyBucketPolicyType0
    cors: None | SetupKitBodyCorsType0
    external_id: None | str
    max_session_duration: int | None
    permission_policy: None | SetupKitBodyPermissionPolicyType0
    principal_arn: None | str
    role_arn: None | str
    script: str
    trust_policy: None | SetupKitBodyTrustPolicyType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.setup_kit_body_bucket_policy_type_0 import (
            SetupKitBodyBucketPolicyType0,
        )
        from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
        from ..models.setup_kit_body_permission_policy_type_0 import (
            SetupKitBodyPermissionPolicyType0,
        )
        from ..models.setup_kit_body_trust_policy_type_0 import (
            SetupKitBodyTrustPolicyType0,
        )

        bucket_policy: dict[str, Any] | None
        if isinstance(self.bucket_policy, SetupKitBodyBucketPolicyType0):
            bucket_policy = self.bucket_policy.to_dict()
        else:
            bucket_policy = self.bucket_policy

        cors: dict[str, Any] | None
        if isinstance(self.cors, SetupKitBodyCorsType0):
            cors = self.cors.to_dict()
        else:
            cors = self.cors

        external_id: None | str
        external_id = self.external_id

        max_session_duration: int | None
        max_session_duration = self.max_session_duration

        permission_policy: dict[str, Any] | None
        if isinstance(self.permission_policy, SetupKitBodyPermissionPolicyType0):
            permission_policy = self.permission_policy.to_dict()
        else:
            permission_policy = self.permission_policy

        principal_arn: None | str
        principal_arn = self.principal_arn

        role_arn: None | str
        role_arn = self.role_arn

        script = self.script

        trust_policy: dict[str, Any] | None
        if isinstance(self.trust_policy, SetupKitBodyTrustPolicyType0):
            trust_policy = self.trust_policy.to_dict()
        else:
            trust_policy = self.trust_policy

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bucket_policy": bucket_policy,
                "cors": cors,
                "external_id": external_id,
                "max_session_duration": max_session_duration,
                "permission_policy": permission_policy,
                "principal_arn": principal_arn,
                "role_arn": role_arn,
                "script": script,
                "trust_policy": trust_policy,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.setup_kit_body_bucket_policy_type_0 import (
            SetupKitBodyBucketPolicyType0,
        )
        from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
        from ..models.setup_kit_body_permission_policy_type_0 import (
            SetupKitBodyPermissionPolicyType0,
        )
        from ..models.setup_kit_body_trust_policy_type_0 import (
            SetupKitBodyTrustPolicyType0,
        )

        d = dict(src_dict)

        def _parse_bucket_policy(data: object) -> None | SetupKitBodyBucketPolicyType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                bucket_policy_type_0 = SetupKitBodyBucketPolicyType0.from_dict(data)

                return bucket_policy_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyBucketPolicyType0, data)

        bucket_policy = _parse_bucket_policy(d.pop("bucket_policy"))

        def _parse_cors(data: object) -> None | SetupKitBodyCorsType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cors_type_0 = SetupKitBodyCorsType0.from_dict(data)

                return cors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyCorsType0, data)

        cors = _parse_cors(d.pop("cors"))

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

        def _parse_max_session_duration(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_session_duration = _parse_max_session_duration(
            d.pop("max_session_duration")
        )

        def _parse_permission_policy(
            data: object,
        ) -> None | SetupKitBodyPermissionPolicyType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                permission_policy_type_0 = SetupKitBodyPermissionPolicyType0.from_dict(
                    data
                )

                return permission_policy_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyPermissionPolicyType0, data)

        permission_policy = _parse_permission_policy(d.pop("permission_policy"))

        def _parse_principal_arn(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        principal_arn = _parse_principal_arn(d.pop("principal_arn"))

        def _parse_role_arn(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        role_arn = _parse_role_arn(d.pop("role_arn"))

        script = d.pop("script")

        def _parse_trust_policy(data: object) -> None | SetupKitBodyTrustPolicyType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                trust_policy_type_0 = SetupKitBodyTrustPolicyType0.from_dict(data)

                return trust_policy_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyTrustPolicyType0, data)

        trust_policy = _parse_trust_policy(d.pop("trust_policy"))

        setup_kit_body = cls(
            bucket_policy=bucket_policy,
            cors=cors,
            external_id=external_id,
            max_session_duration=max_session_duration,
            permission_policy=permission_policy,
            principal_arn=principal_arn,
            role_arn=role_arn,
            script=script,
            trust_policy=trust_policy,
        )

        setup_kit_body.additional_properties = d
        return setup_kit_body

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
