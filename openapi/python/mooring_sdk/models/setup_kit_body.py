from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.setup_kit_body_bucket_binding_type_0 import (
        SetupKitBodyBucketBindingType0,
    )
    from ..models.setup_kit_body_bucket_policy_type_0 import (
        SetupKitBodyBucketPolicyType0,
    )
    from ..models.setup_kit_body_cloudformation_type_0 import (
        SetupKitBodyCloudformationType0,
    )
    from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
    from ..models.setup_kit_body_kms_key_policy_statement_type_0 import (
        SetupKitBodyKmsKeyPolicyStatementType0,
    )
    from ..models.setup_kit_body_kms_role_statement_type_0 import (
        SetupKitBodyKmsRoleStatementType0,
    )
    from ..models.setup_kit_body_permission_policy_type_0 import (
        SetupKitBodyPermissionPolicyType0,
    )
    from ..models.setup_kit_body_role_assignments_type_0 import (
        SetupKitBodyRoleAssignmentsType0,
    )
    from ..models.setup_kit_body_service_account_binding_type_0 import (
        SetupKitBodyServiceAccountBindingType0,
    )
    from ..models.setup_kit_body_trust_policy_type_0 import SetupKitBodyTrustPolicyType0
    from ..models.setup_kit_body_workload_provider_type_0 import (
        SetupKitBodyWorkloadProviderType0,
    )


T = TypeVar("T", bound="SetupKitBody")


@_attrs_define
class SetupKitBody:
    """What the customer pastes on their side: documents as JSON, scripts, or steps in a portal.

    Null where the method needs no such thing. `script` is for the `aws`, `gcloud` or `az` CLI, and
    `terraform` does the same. `cloudformation` is a template that makes the role alone, and
    `quick_create_url` opens it in the console where the operator has put one there. `advice` says
    how a store that speaks S3's API takes rights and CORS, or why documents are missing.
    `max_session_duration` is in seconds. `kms_role_statement` is in `permission_policy` already.

        Attributes:
            advice (None | str):
            bucket_binding (None | SetupKitBodyBucketBindingType0):
            bucket_policy (None | SetupKitBodyBucketPolicyType0):
            client_id (None | UUID):
            cloudformation (None | SetupKitBodyCloudformationType0):
            cors (None | SetupKitBodyCorsType0):
            external_id (None | str):
            kms_key_policy_statement (None | SetupKitBodyKmsKeyPolicyStatementType0):
            kms_role_statement (None | SetupKitBodyKmsRoleStatementType0):
            max_session_duration (int | None):
            permission_policy (None | SetupKitBodyPermissionPolicyType0):
            principal_arn (None | str):
            quick_create_url (None | str):
            role_arn (None | str):
            role_assignments (None | SetupKitBodyRoleAssignmentsType0):
            script (str):
            service_account (None | str):
            service_account_binding (None | SetupKitBodyServiceAccountBindingType0):
            steps (list[str]):
            tenant_id (None | UUID):
            terraform (None | str):
            terraform_cors (None | str):
            trust_policy (None | SetupKitBodyTrustPolicyType0):
            workload_provider (None | SetupKitBodyWorkloadProviderType0):
    """

    advice: None | str
    bucket_binding: None | SetupKitBodyBucketBindingType0
    bucket_policy: None | SetupKitBodyBucketPolicyType0
    client_id: None | UUID
    cloudformation: None | SetupKitBodyCloudformationType0
    cors: None | SetupKitBodyCorsType0
    external_id: None | str
    kms_key_policy_statement: None | SetupKitBodyKmsKeyPolicyStatementType0
    kms_role_statement: None | SetupKitBodyKmsRoleStatementType0
    max_session_duration: int | None
    permission_policy: None | SetupKitBodyPermissionPolicyType0
    principal_arn: None | str
    quick_create_url: None | str
    role_arn: None | str
    role_assignments: None | SetupKitBodyRoleAssignmentsType0
    script: str
    service_account: None | str
    service_account_binding: None | SetupKitBodyServiceAccountBindingType0
    steps: list[str]
    tenant_id: None | UUID
    terraform: None | str
    terraform_cors: None | str
    trust_policy: None | SetupKitBodyTrustPolicyType0
    workload_provider: None | SetupKitBodyWorkloadProviderType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.setup_kit_body_bucket_binding_type_0 import (
            SetupKitBodyBucketBindingType0,
        )
        from ..models.setup_kit_body_bucket_policy_type_0 import (
            SetupKitBodyBucketPolicyType0,
        )
        from ..models.setup_kit_body_cloudformation_type_0 import (
            SetupKitBodyCloudformationType0,
        )
        from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
        from ..models.setup_kit_body_kms_key_policy_statement_type_0 import (
            SetupKitBodyKmsKeyPolicyStatementType0,
        )
        from ..models.setup_kit_body_kms_role_statement_type_0 import (
            SetupKitBodyKmsRoleStatementType0,
        )
        from ..models.setup_kit_body_permission_policy_type_0 import (
            SetupKitBodyPermissionPolicyType0,
        )
        from ..models.setup_kit_body_role_assignments_type_0 import (
            SetupKitBodyRoleAssignmentsType0,
        )
        from ..models.setup_kit_body_service_account_binding_type_0 import (
            SetupKitBodyServiceAccountBindingType0,
        )
        from ..models.setup_kit_body_trust_policy_type_0 import (
            SetupKitBodyTrustPolicyType0,
        )
        from ..models.setup_kit_body_workload_provider_type_0 import (
            SetupKitBodyWorkloadProviderType0,
        )

        advice: None | str
        advice = self.advice

        bucket_binding: dict[str, Any] | None
        if isinstance(self.bucket_binding, SetupKitBodyBucketBindingType0):
            bucket_binding = self.bucket_binding.to_dict()
        else:
            bucket_binding = self.bucket_binding

        bucket_policy: dict[str, Any] | None
        if isinstance(self.bucket_policy, SetupKitBodyBucketPolicyType0):
            bucket_policy = self.bucket_policy.to_dict()
        else:
            bucket_policy = self.bucket_policy

        client_id: None | str
        if isinstance(self.client_id, UUID):
            client_id = str(self.client_id)
        else:
            client_id = self.client_id

        cloudformation: dict[str, Any] | None
        if isinstance(self.cloudformation, SetupKitBodyCloudformationType0):
            cloudformation = self.cloudformation.to_dict()
        else:
            cloudformation = self.cloudformation

        cors: dict[str, Any] | None
        if isinstance(self.cors, SetupKitBodyCorsType0):
            cors = self.cors.to_dict()
        else:
            cors = self.cors

        external_id: None | str
        external_id = self.external_id

        kms_key_policy_statement: dict[str, Any] | None
        if isinstance(
            self.kms_key_policy_statement, SetupKitBodyKmsKeyPolicyStatementType0
        ):
            kms_key_policy_statement = self.kms_key_policy_statement.to_dict()
        else:
            kms_key_policy_statement = self.kms_key_policy_statement

        kms_role_statement: dict[str, Any] | None
        if isinstance(self.kms_role_statement, SetupKitBodyKmsRoleStatementType0):
            kms_role_statement = self.kms_role_statement.to_dict()
        else:
            kms_role_statement = self.kms_role_statement

        max_session_duration: int | None
        max_session_duration = self.max_session_duration

        permission_policy: dict[str, Any] | None
        if isinstance(self.permission_policy, SetupKitBodyPermissionPolicyType0):
            permission_policy = self.permission_policy.to_dict()
        else:
            permission_policy = self.permission_policy

        principal_arn: None | str
        principal_arn = self.principal_arn

        quick_create_url: None | str
        quick_create_url = self.quick_create_url

        role_arn: None | str
        role_arn = self.role_arn

        role_assignments: dict[str, Any] | None
        if isinstance(self.role_assignments, SetupKitBodyRoleAssignmentsType0):
            role_assignments = self.role_assignments.to_dict()
        else:
            role_assignments = self.role_assignments

        script = self.script

        service_account: None | str
        service_account = self.service_account

        service_account_binding: dict[str, Any] | None
        if isinstance(
            self.service_account_binding, SetupKitBodyServiceAccountBindingType0
        ):
            service_account_binding = self.service_account_binding.to_dict()
        else:
            service_account_binding = self.service_account_binding

        steps = self.steps

        tenant_id: None | str
        if isinstance(self.tenant_id, UUID):
            tenant_id = str(self.tenant_id)
        else:
            tenant_id = self.tenant_id

        terraform: None | str
        terraform = self.terraform

        terraform_cors: None | str
        terraform_cors = self.terraform_cors

        trust_policy: dict[str, Any] | None
        if isinstance(self.trust_policy, SetupKitBodyTrustPolicyType0):
            trust_policy = self.trust_policy.to_dict()
        else:
            trust_policy = self.trust_policy

        workload_provider: dict[str, Any] | None
        if isinstance(self.workload_provider, SetupKitBodyWorkloadProviderType0):
            workload_provider = self.workload_provider.to_dict()
        else:
            workload_provider = self.workload_provider

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "advice": advice,
                "bucket_binding": bucket_binding,
                "bucket_policy": bucket_policy,
                "client_id": client_id,
                "cloudformation": cloudformation,
                "cors": cors,
                "external_id": external_id,
                "kms_key_policy_statement": kms_key_policy_statement,
                "kms_role_statement": kms_role_statement,
                "max_session_duration": max_session_duration,
                "permission_policy": permission_policy,
                "principal_arn": principal_arn,
                "quick_create_url": quick_create_url,
                "role_arn": role_arn,
                "role_assignments": role_assignments,
                "script": script,
                "service_account": service_account,
                "service_account_binding": service_account_binding,
                "steps": steps,
                "tenant_id": tenant_id,
                "terraform": terraform,
                "terraform_cors": terraform_cors,
                "trust_policy": trust_policy,
                "workload_provider": workload_provider,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.setup_kit_body_bucket_binding_type_0 import (
            SetupKitBodyBucketBindingType0,
        )
        from ..models.setup_kit_body_bucket_policy_type_0 import (
            SetupKitBodyBucketPolicyType0,
        )
        from ..models.setup_kit_body_cloudformation_type_0 import (
            SetupKitBodyCloudformationType0,
        )
        from ..models.setup_kit_body_cors_type_0 import SetupKitBodyCorsType0
        from ..models.setup_kit_body_kms_key_policy_statement_type_0 import (
            SetupKitBodyKmsKeyPolicyStatementType0,
        )
        from ..models.setup_kit_body_kms_role_statement_type_0 import (
            SetupKitBodyKmsRoleStatementType0,
        )
        from ..models.setup_kit_body_permission_policy_type_0 import (
            SetupKitBodyPermissionPolicyType0,
        )
        from ..models.setup_kit_body_role_assignments_type_0 import (
            SetupKitBodyRoleAssignmentsType0,
        )
        from ..models.setup_kit_body_service_account_binding_type_0 import (
            SetupKitBodyServiceAccountBindingType0,
        )
        from ..models.setup_kit_body_trust_policy_type_0 import (
            SetupKitBodyTrustPolicyType0,
        )
        from ..models.setup_kit_body_workload_provider_type_0 import (
            SetupKitBodyWorkloadProviderType0,
        )

        d = dict(src_dict)

        def _parse_advice(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        advice = _parse_advice(d.pop("advice"))

        def _parse_bucket_binding(
            data: object,
        ) -> None | SetupKitBodyBucketBindingType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                bucket_binding_type_0 = SetupKitBodyBucketBindingType0.from_dict(data)

                return bucket_binding_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyBucketBindingType0, data)

        bucket_binding = _parse_bucket_binding(d.pop("bucket_binding"))

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

        def _parse_cloudformation(
            data: object,
        ) -> None | SetupKitBodyCloudformationType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cloudformation_type_0 = SetupKitBodyCloudformationType0.from_dict(data)

                return cloudformation_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyCloudformationType0, data)

        cloudformation = _parse_cloudformation(d.pop("cloudformation"))

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

        def _parse_kms_key_policy_statement(
            data: object,
        ) -> None | SetupKitBodyKmsKeyPolicyStatementType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                kms_key_policy_statement_type_0 = (
                    SetupKitBodyKmsKeyPolicyStatementType0.from_dict(data)
                )

                return kms_key_policy_statement_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyKmsKeyPolicyStatementType0, data)

        kms_key_policy_statement = _parse_kms_key_policy_statement(
            d.pop("kms_key_policy_statement")
        )

        def _parse_kms_role_statement(
            data: object,
        ) -> None | SetupKitBodyKmsRoleStatementType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                kms_role_statement_type_0 = SetupKitBodyKmsRoleStatementType0.from_dict(
                    data
                )

                return kms_role_statement_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyKmsRoleStatementType0, data)

        kms_role_statement = _parse_kms_role_statement(d.pop("kms_role_statement"))

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

        def _parse_quick_create_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        quick_create_url = _parse_quick_create_url(d.pop("quick_create_url"))

        def _parse_role_arn(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        role_arn = _parse_role_arn(d.pop("role_arn"))

        def _parse_role_assignments(
            data: object,
        ) -> None | SetupKitBodyRoleAssignmentsType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                role_assignments_type_0 = SetupKitBodyRoleAssignmentsType0.from_dict(
                    data
                )

                return role_assignments_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyRoleAssignmentsType0, data)

        role_assignments = _parse_role_assignments(d.pop("role_assignments"))

        script = d.pop("script")

        def _parse_service_account(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        service_account = _parse_service_account(d.pop("service_account"))

        def _parse_service_account_binding(
            data: object,
        ) -> None | SetupKitBodyServiceAccountBindingType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                service_account_binding_type_0 = (
                    SetupKitBodyServiceAccountBindingType0.from_dict(data)
                )

                return service_account_binding_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyServiceAccountBindingType0, data)

        service_account_binding = _parse_service_account_binding(
            d.pop("service_account_binding")
        )

        steps = cast(list[str], d.pop("steps"))

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

        def _parse_terraform(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        terraform = _parse_terraform(d.pop("terraform"))

        def _parse_terraform_cors(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        terraform_cors = _parse_terraform_cors(d.pop("terraform_cors"))

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

        def _parse_workload_provider(
            data: object,
        ) -> None | SetupKitBodyWorkloadProviderType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                workload_provider_type_0 = SetupKitBodyWorkloadProviderType0.from_dict(
                    data
                )

                return workload_provider_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SetupKitBodyWorkloadProviderType0, data)

        workload_provider = _parse_workload_provider(d.pop("workload_provider"))

        setup_kit_body = cls(
            advice=advice,
            bucket_binding=bucket_binding,
            bucket_policy=bucket_policy,
            client_id=client_id,
            cloudformation=cloudformation,
            cors=cors,
            external_id=external_id,
            kms_key_policy_statement=kms_key_policy_statement,
            kms_role_statement=kms_role_statement,
            max_session_duration=max_session_duration,
            permission_policy=permission_policy,
            principal_arn=principal_arn,
            quick_create_url=quick_create_url,
            role_arn=role_arn,
            role_assignments=role_assignments,
            script=script,
            service_account=service_account,
            service_account_binding=service_account_binding,
            steps=steps,
            tenant_id=tenant_id,
            terraform=terraform,
            terraform_cors=terraform_cors,
            trust_policy=trust_policy,
            workload_provider=workload_provider,
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
