"""Issuers: an opened storage credential in, a session out that can do one thing in one prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from pydantic import SecretStr

from services.credentials.arns import RoleArn
from shared.leases import AccessGrant, Bucket, Operation, SigningGrant
from shared.storage.signing.base import UrlRequest
from shared.uris import Provider

# --- Amazon S3, and whatever speaks its API ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerRole:
    """A role of the customer's account that trusts us with our ExternalId (`assume_role`)."""

    role_arn: RoleArn
    external_id: str


@dataclass(frozen=True, slots=True)
class OrganizationRole:
    """A role of our account for one organization (`organization_role`)."""

    role_arn: RoleArn
    external_id: str


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Long-lived keys of a store that speaks S3's API (`access_key`).

    Only the doctor has a `session_token`, with the keys of whoever runs it.
    """

    access_key_id: str
    secret_access_key: SecretStr
    endpoint: str
    region: str
    path_style: bool
    session_token: SecretStr | None = None


# --- Google Cloud Storage ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrganizationServiceAccount:
    """A service account of our project for one organization (`service_account_grant`)."""

    email: str


@dataclass(frozen=True, slots=True)
class FederatedServiceAccount:
    """A service account of the customer's that their workload identity pool lets us impersonate.

    `provider` is the full resource name of the pool's provider, from `projects/` on
    (`workload_identity`).
    """

    email: str
    provider: str


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """The private key of a service account of the customer's (`service_account_key`), as PEM."""

    email: str
    key_id: str
    private_key: SecretStr


@dataclass(frozen=True, slots=True)
class HmacKey:
    """An HMAC key of a service account of the customer's (`hmac_key`)."""

    access_id: str
    secret: SecretStr


# --- Azure Blob Storage --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConsentedTenant:
    """A tenant whose administrator consented to our application (`tenant_consent`)."""

    tenant_id: UUID
    endpoint_suffix: str


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """An application of the customer's with a secret, or with a certificate and its key as PEM."""

    tenant_id: UUID
    client_id: UUID
    secret: SecretStr
    endpoint_suffix: str

    @property
    def has_certificate(self) -> bool:
        return self.secret.get_secret_value().lstrip().startswith("-----BEGIN")


@dataclass(frozen=True, slots=True)
class AccountKey:
    """A key of a storage account (`account_key`), in base64 as Azure shows it."""

    account: str
    key: SecretStr
    endpoint_suffix: str


@dataclass(frozen=True, slots=True)
class CustomerSas:
    """A shared access signature that the customer made (`sas_token`), as a query."""

    account: str
    token: SecretStr
    endpoint_suffix: str


Role: TypeAlias = CustomerRole | OrganizationRole
AwsIdentity: TypeAlias = Role | AccessKey
GcsIdentity: TypeAlias = (
    OrganizationServiceAccount | FederatedServiceAccount | ServiceAccountKey | HmacKey
)
AzureIdentity: TypeAlias = ConsentedTenant | ServicePrincipal | AccountKey | CustomerSas
Identity: TypeAlias = AwsIdentity | GcsIdentity | AzureIdentity

IdentityT_contra = TypeVar("IdentityT_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a session may do: one operation below one prefix of one bucket."""

    bucket: Bucket
    prefix: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Session:
    """What one operation is done with until `expires_at`.

    `access` opens the store. `signing` is what a session to READ signs URLs with; it is None for
    one to LIST, and where nothing can sign. `principal` is who the cloud says that we are then,
    where it says so.
    """

    access: AccessGrant
    signing: SigningGrant | None
    issued_at: datetime
    expires_at: datetime
    principal: str | None = None


class Issuer(Protocol[IdentityT_contra]):
    """Turn a storage credential into sessions.

    Raises StorageDeniedError when the customer's cloud refuses us, CloudIdentityError when it is
    our own identity that does not work, StorageThrottledError and StorageUnavailableError.
    """

    def bucket(self, identity: IdentityT_contra, name: str, region: str) -> Bucket:
        """Say how a bucket is addressed with this identity."""
        ...

    async def issue(self, org_id: UUID, identity: IdentityT_contra, reach: Reach) -> Session:
        """Return the longest session that is granted, narrowed to `reach`."""
        ...


class RemoteSigner(Protocol[IdentityT_contra]):
    """Sign URLs with what must not leave the vault, for sessions whose `signing` says so."""

    async def sign_urls(
        self,
        org_id: UUID,
        identity: IdentityT_contra,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request; raise what an issuer raises."""
        ...


def provider_of(identity: Identity) -> Provider:
    """Return the cloud whose buckets the identity reaches."""
    if isinstance(identity, AwsIdentity):
        return Provider.S3
    if isinstance(identity, GcsIdentity):
        return Provider.GCS
    return Provider.AZURE
