"""The vault's bodies for credentials of S3, and of stores that speak its API."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SecretStr, StringConstraints

from services.credentials.identities import StoredIdentity
from services.credentials.issuers.base import AccessKey
from services.credentials.region_names import Region
from services.credentials.schema_fields import Name, RequestBody

AccessKeyId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
SecretKey = Annotated[SecretStr, Field(min_length=1, max_length=1_024)]
Arn = Annotated[str, StringConstraints(max_length=2_048)]


class NewAssumeRoleBody(RequestBody):
    """Name a role of the customer's account. The setup kit makes it, so it need not exist yet."""

    method: Literal["assume_role"]
    name: Name
    role_arn: Arn


class NewOrganizationRoleBody(RequestBody):
    """Let the customer's bucket policies grant access to Mooring's role for the organization."""

    method: Literal["organization_role"]
    name: Name


class NewAccessKeyBody(RequestBody):
    """Give keys of a store that speaks S3's API. The secret is never shown again."""

    method: Literal["access_key"]
    name: Name
    endpoint: Annotated[str, StringConstraints(max_length=300)]
    region: Region
    path_style: bool = True
    access_key_id: AccessKeyId
    secret_access_key: SecretKey

    @property
    def identity(self) -> AccessKey:
        return AccessKey(
            self.access_key_id, self.secret_access_key, self.endpoint, self.region, self.path_style
        )


class RotateRoleBody(RequestBody):
    """Name another role; it trusts the same ExternalId."""

    method: Literal["assume_role"]
    role_arn: Arn


class RotateAccessKeyBody(RequestBody):
    """Give new keys of the same store."""

    method: Literal["access_key"]
    access_key_id: AccessKeyId
    secret_access_key: SecretKey

    @property
    def new(self) -> StoredIdentity:
        columns = {"access_key_id": self.access_key_id}
        return StoredIdentity(self.method, columns, self.secret_access_key)


NewAwsCredentialBody: TypeAlias = NewAssumeRoleBody | NewOrganizationRoleBody | NewAccessKeyBody
RotateAwsCredentialBody: TypeAlias = RotateRoleBody | RotateAccessKeyBody
