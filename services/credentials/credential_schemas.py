"""The vault's bodies: storage credentials of all clouds, and their setup kits."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.credentials.aws_schemas import NewAwsCredentialBody, RotateAwsCredentialBody
from services.credentials.azure_schemas import NewAzureCredentialBody, RotateAzureCredentialBody
from services.credentials.gcs_schemas import NewGcsCredentialBody, RotateGcsCredentialBody
from services.credentials.schema_fields import Json, RequestBody
from services.credentials.setup.kit_files import SetupKit
from shared.database.storage_credentials import StorageCredential
from shared.uris import Provider

Method: TypeAlias = Literal[
    "assume_role",
    "organization_role",
    "access_key",
    "service_account_grant",
    "workload_identity",
    "service_account_key",
    "hmac_key",
    "tenant_consent",
    "service_principal",
    "account_key",
    "sas_token",
]

NewCredentialBody = Annotated[
    NewAwsCredentialBody | NewGcsCredentialBody | NewAzureCredentialBody,
    Field(discriminator="method"),
]
RotateCredentialBody = Annotated[
    RotateAwsCredentialBody | RotateGcsCredentialBody | RotateAzureCredentialBody,
    Field(discriminator="method"),
]


class RetireCredentialBody(RequestBody):
    """Retire a credential for good; with `detach_locations`, those that use it go with it."""

    detach_locations: bool = False


class CredentialBody(BaseModel):
    """A storage credential. Which fields hold something depends on `method`; no secret is shown."""

    credential_id: UUID
    name: str
    provider: Provider
    method: Method
    role_arn: str | None
    external_id: str | None
    access_key_id: str | None
    endpoint: str | None
    region: str | None
    path_style: bool
    service_account: str | None
    workload_provider: str | None
    tenant_id: UUID | None
    client_id: UUID | None
    account: str | None
    endpoint_suffix: str | None
    created_at: AwareDatetime
    rotated_at: AwareDatetime | None
    retired_at: AwareDatetime | None

    @classmethod
    def of(cls, row: StorageCredential) -> Self:
        return cls.model_validate(row, from_attributes=True)


class SetupKitBody(BaseModel):
    """What the customer pastes on their side: documents as JSON, scripts, or steps in a portal.

    Null where the method needs no such thing. `script` is for the `aws`, `gcloud` or `az` CLI, and
    `terraform` does the same. `cloudformation` is a template that makes the role alone, and
    `quick_create_url` opens it in the console where the operator has put one there. `advice` says
    how a store that speaks S3's API takes rights and CORS, or why documents are missing.
    `max_session_duration` is in seconds. `kms_role_statement` is in `permission_policy` already.
    """

    script: str
    advice: str | None
    terraform: str | None
    terraform_cors: str | None
    steps: list[str]
    cors: Json | None

    principal_arn: str | None
    role_arn: str | None
    external_id: str | None
    max_session_duration: int | None
    trust_policy: Json | None
    permission_policy: Json | None
    bucket_policy: Json | None
    kms_role_statement: Json | None
    kms_key_policy_statement: Json | None
    cloudformation: Json | None
    quick_create_url: str | None

    service_account: str | None
    bucket_binding: Json | None
    workload_provider: Json | None
    service_account_binding: Json | None

    tenant_id: UUID | None
    client_id: UUID | None
    role_assignments: Json | None

    @classmethod
    def of(cls, kit: SetupKit) -> Self:
        fields = {**dict.fromkeys(cls.model_fields), "steps": [], **asdict(kit)}
        longest: timedelta | None = fields["max_session_duration"]
        seconds = None if longest is None else int(longest.total_seconds())
        return cls.model_validate({**fields, "max_session_duration": seconds})
