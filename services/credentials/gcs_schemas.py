"""The vault's bodies for credentials of Google Cloud Storage."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue, SecretStr, StringConstraints

from services.credentials.google_names import parse_provider, parse_service_account
from services.credentials.issuers.base import (
    FederatedServiceAccount,
    HmacKey,
    ServiceAccountKey,
)
from services.credentials.schema_fields import Name, RequestBody
from services.credentials.service_account_keys import (
    LONGEST_KEY,
    parse_service_account_key,
    read_service_account_key,
)

# "HMAC keys", Cloud Storage: 61 characters for a service account (24 for a user), a secret of 40.
AccessId = Annotated[str, StringConstraints(pattern=r"^GOOG[0-9A-Z]{1,124}$")]
HmacSecret = Annotated[SecretStr, Field(min_length=1, max_length=1_024)]
ServiceAccountText = Annotated[str, StringConstraints(max_length=300)]
ProviderText = Annotated[str, StringConstraints(max_length=300)]
KeyText = Annotated[SecretStr, Field(max_length=LONGEST_KEY)]
KeyJson: TypeAlias = KeyText | dict[str, JsonValue]


class NewServiceAccountGrantBody(RequestBody):
    """Let the customer's buckets grant access to Mooring's service account for the organization."""

    method: Literal["service_account_grant"]
    name: Name


class _ServiceAccountOfAPool(RequestBody):
    service_account: ServiceAccountText
    workload_provider: ProviderText

    @property
    def identity(self) -> FederatedServiceAccount:
        """Return the identity; raise InvalidInputError with the field that is wrong."""
        email = parse_service_account(self.service_account)
        provider = parse_provider(self.workload_provider)
        return FederatedServiceAccount(str(email), str(provider))


class _KeyOfAServiceAccount(RequestBody):
    key: KeyJson = Field(repr=False)

    @property
    def identity(self) -> ServiceAccountKey:
        """Return the identity; raise InvalidInputError (field `key`)."""
        if isinstance(self.key, SecretStr):
            return parse_service_account_key(self.key.get_secret_value())
        return read_service_account_key(self.key)


class _HmacKeyOfAServiceAccount(RequestBody):
    access_id: AccessId
    secret: HmacSecret

    @property
    def identity(self) -> HmacKey:
        """Return the identity."""
        return HmacKey(self.access_id, self.secret)


class NewWorkloadIdentityBody(_ServiceAccountOfAPool):
    """Name a service account of the customer's, and the provider that lets Mooring act as it.

    The setup kit makes both, so they need not exist yet.
    """

    method: Literal["workload_identity"]
    name: Name


class NewServiceAccountKeyBody(_KeyOfAServiceAccount):
    """Give the key of a service account as Google made it: the file's JSON, or its text.

    It is never shown again.
    """

    method: Literal["service_account_key"]
    name: Name


class NewHmacKeyBody(_HmacKeyOfAServiceAccount):
    """Give an HMAC key of a service account. The secret is never shown again."""

    method: Literal["hmac_key"]
    name: Name


class RotateWorkloadIdentityBody(_ServiceAccountOfAPool):
    """Name another service account, or another provider."""

    method: Literal["workload_identity"]


class RotateServiceAccountKeyBody(_KeyOfAServiceAccount):
    """Give another key, of the same service account or another one."""

    method: Literal["service_account_key"]


class RotateHmacKeyBody(_HmacKeyOfAServiceAccount):
    """Give another HMAC key."""

    method: Literal["hmac_key"]


NewGcsCredentialBody: TypeAlias = (
    NewServiceAccountGrantBody | NewWorkloadIdentityBody | NewServiceAccountKeyBody | NewHmacKeyBody
)
RotateGcsCredentialBody: TypeAlias = (
    RotateWorkloadIdentityBody | RotateServiceAccountKeyBody | RotateHmacKeyBody
)
