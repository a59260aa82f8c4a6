"""The vault's bodies: organizations, API keys, credentials, setup kits."""

from datetime import timedelta
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
)

from services.credentials.api_keys import MintedApiKey
from services.credentials.credentials import NewKeys, NewRole
from services.credentials.issuers.base import AccessKey
from services.credentials.region_names import Region
from services.credentials.setup.kit import SetupKit
from shared.auth import Scope
from shared.database.api_keys import ApiKey
from shared.database.organizations import Organization
from shared.database.storage_credentials import StorageCredential

SHORTEST_KEY_LIFE = 60
LONGEST_KEY_LIFE = 315_360_000  # ten years; whoever wants longer wants no expiry

Hosting: TypeAlias = Literal["self_hosted", "copied"]
Method: TypeAlias = Literal["assume_role", "organization_role", "access_key"]
Json: TypeAlias = dict[str, JsonValue]

# Printable on one line: Postgres holds no NUL, and a list shows names in rows.
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
AccessKeyId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
SecretKey = Annotated[SecretStr, Field(min_length=1, max_length=1_024)]
Arn = Annotated[str, StringConstraints(max_length=2_048)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewOrganizationBody(_Request):
    """Make a tenant. `hosting` is the default of its datasets."""

    name: Name
    hosting: Hosting = "self_hosted"


class OrganizationBody(BaseModel):
    """A tenant."""

    org_id: UUID
    name: str
    hosting: Hosting
    created_at: AwareDatetime

    @classmethod
    def of(cls, row: Organization) -> Self:
        return cls.model_validate(row, from_attributes=True)


class NewApiKeyBody(_Request):
    """Make an API key that may do these things, for ever or for `expires_in` seconds."""

    name: Name
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in: Annotated[int, Field(ge=SHORTEST_KEY_LIFE, le=LONGEST_KEY_LIFE)] | None = None

    @property
    def life(self) -> timedelta | None:
        return None if self.expires_in is None else timedelta(seconds=self.expires_in)


class ApiKeyBody(BaseModel):
    """An API key, without its text."""

    api_key_id: UUID
    name: str
    scopes: list[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        return cls.model_validate(row, from_attributes=True)


class MintedApiKeyBody(BaseModel):
    """A new API key. `key` is shown this once: send it as `Authorization: Bearer …`."""

    api_key: ApiKeyBody
    key: str

    @classmethod
    def of(cls, minted: MintedApiKey) -> Self:
        return cls(api_key=ApiKeyBody.of(minted.row), key=minted.text.get_secret_value())


class NewAssumeRoleBody(_Request):
    """Name a role of the customer's account. The setup kit makes it, so it need not exist yet."""

    method: Literal["assume_role"]
    name: Name
    role_arn: Arn


class NewOrganizationRoleBody(_Request):
    """Let the customer's bucket policies grant access to Mooring's role for the organization."""

    method: Literal["organization_role"]
    name: Name


class NewAccessKeyBody(_Request):
    """Give keys of a store that speaks S3's API. The secret is never shown again."""

    method: Literal["access_key"]
    name: Name
    endpoint: Annotated[str, StringConstraints(max_length=300)]
    region: Region
    path_style: bool = True
    access_key_id: AccessKeyId
    secret_access_key: SecretKey

    @property
    def access_key(self) -> AccessKey:
        return AccessKey(
            self.access_key_id, self.secret_access_key, self.endpoint, self.region, self.path_style
        )


NewCredentialBody = Annotated[
    NewAssumeRoleBody | NewOrganizationRoleBody | NewAccessKeyBody, Field(discriminator="method")
]


class RotateRoleBody(_Request):
    """Name another role; it trusts the same ExternalId."""

    method: Literal["assume_role"]
    role_arn: Arn

    @property
    def new(self) -> NewRole:
        return NewRole(self.role_arn)


class RotateAccessKeyBody(_Request):
    """Give new keys of the same store."""

    method: Literal["access_key"]
    access_key_id: AccessKeyId
    secret_access_key: SecretKey

    @property
    def new(self) -> NewKeys:
        return NewKeys(self.access_key_id, self.secret_access_key)


RotateCredentialBody = Annotated[
    RotateRoleBody | RotateAccessKeyBody, Field(discriminator="method")
]


class RetireCredentialBody(_Request):
    """Retire a credential for good; with `detach_locations`, those that use it go with it."""

    detach_locations: bool = False


class CredentialBody(BaseModel):
    """A storage credential. Which fields hold something depends on `method`; no secret is shown."""

    credential_id: UUID
    name: str
    provider: Literal["s3"]
    method: Method
    role_arn: str | None
    external_id: str | None
    access_key_id: str | None
    endpoint: str | None
    region: str | None
    path_style: bool
    created_at: AwareDatetime
    rotated_at: AwareDatetime | None
    retired_at: AwareDatetime | None

    @classmethod
    def of(cls, row: StorageCredential) -> Self:
        return cls.model_validate(row, from_attributes=True)


class SetupKitBody(BaseModel):
    """What the customer pastes on their side: documents as JSON, and one `aws` CLI script.

    Null where the method needs no such document. `max_session_duration` is in seconds.
    """

    principal_arn: str | None
    role_arn: str | None
    external_id: str | None
    max_session_duration: int | None
    trust_policy: Json | None
    permission_policy: Json | None
    bucket_policy: Json | None
    cors: Json | None
    script: str

    @classmethod
    def of(cls, kit: SetupKit) -> Self:
        longest = kit.max_session_duration
        return cls(
            principal_arn=kit.principal_arn,
            role_arn=kit.role_arn,
            external_id=kit.external_id,
            max_session_duration=None if longest is None else int(longest.total_seconds()),
            trust_policy=kit.trust_policy,
            permission_policy=kit.permission_policy,
            bucket_policy=kit.bucket_policy,
            cors=kit.cors,
            script=kit.script,
        )
