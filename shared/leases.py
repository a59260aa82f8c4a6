"""Leases: short-lived credentials for a location and an operation, as narrow as its cloud can."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias, assert_never
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, SecretStr

from shared.uris import Provider

ANY_REGION = "auto"  # as GCS's V4 signatures and R2 write the region that does not matter


class Operation(StrEnum):
    """What a lease allows: list keys below the prefix, or read the objects there."""

    LIST = "list"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Say how a bucket is addressed. `endpoint` is None for the provider's own.

    On Azure `name` is `account/container`, and an endpoint is that of the account's blobs, as in
    `https://acme.blob.core.chinacloudapi.cn`. `region` is ANY_REGION where no address names it.
    """

    provider: Provider
    name: str
    region: str
    endpoint: str | None = None
    path_style: bool = False


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Hold the keys of a session with a store that speaks S3's API."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Hold an OAuth token that may only read Cloud Storage."""

    token: SecretStr


@dataclass(frozen=True, slots=True)
class SasToken:
    """Hold a shared access signature for one container, as a query without its question mark."""

    token: SecretStr


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Hold derived keys by UTC date, of SigV4 for S3 and of V4 (GOOG4-HMAC-SHA256) for GCS.

    A derived key signs for one day, one region and one service alone, so that the gateway never
    holds a secret access key (AWS General Reference, "Create a signed AWS API request"; Cloud
    Storage, "Signatures", "Signing key").
    """

    access_key_id: str
    session_token: SecretStr | None
    keys: Mapping[date, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DelegationKey:
    """Hold a user delegation key of an Azure storage account, which signs SAS until `expires_at`.

    A signature can do no more than the principal `object_id` of `tenant_id` may ("Get User
    Delegation Key", Azure Storage REST API). Times are whole seconds.
    """

    object_id: str
    tenant_id: str
    starts_at: datetime
    expires_at: datetime
    service: str
    version: str
    value: SecretStr


@dataclass(frozen=True, slots=True)
class RemoteSigning:
    """Let the vault sign each URL: what would be needed for it must not leave the vault."""


AccessGrant: TypeAlias = SessionKeys | BearerToken | SasToken
"""What opens a store."""

SigningGrant: TypeAlias = SigningKeys | DelegationKey | RemoteSigning
"""What presigned URLs are signed with."""

Grant: TypeAlias = AccessGrant | SigningGrant


@dataclass(frozen=True, slots=True)
class Lease:
    """Grant one operation below `prefix` of a bucket until `expires_at`; renew from `renew_at`.

    To LIST is granted access, to READ what signs URLs. Where nothing can sign (a customer's own
    SAS), it is access too, which the vault gives to no gateway.
    """

    org_id: UUID
    location_id: UUID
    operation: Operation
    bucket: Bucket
    prefix: str
    grant: Grant
    issued_at: datetime
    expires_at: datetime
    renew_at: datetime


class LeaseRequestBody(BaseModel):
    """Ask the vault for a lease.

    `refused_issued_at` is when the lease was issued that the customer's cloud refuses: another one
    is wanted.
    """

    model_config = ConfigDict(extra="forbid")

    location_id: UUID
    operation: Operation
    refused_issued_at: AwareDatetime | None = None


class _BucketBody(BaseModel):
    provider: Provider
    name: str
    region: str
    endpoint: str | None
    path_style: bool


class _SessionKeysBody(BaseModel):
    kind: Literal["session_keys"] = "session_keys"
    access_key_id: str
    secret_access_key: str = Field(repr=False)
    session_token: str | None = Field(repr=False)

    def value(self) -> SessionKeys:
        return SessionKeys(
            self.access_key_id, SecretStr(self.secret_access_key), _close(self.session_token)
        )


class _BearerTokenBody(BaseModel):
    kind: Literal["bearer_token"] = "bearer_token"
    token: str = Field(repr=False)

    def value(self) -> BearerToken:
        return BearerToken(SecretStr(self.token))


class _SasTokenBody(BaseModel):
    kind: Literal["sas_token"] = "sas_token"
    token: str = Field(repr=False)

    def value(self) -> SasToken:
        return SasToken(SecretStr(self.token))


class _SigningKeysBody(BaseModel):
    kind: Literal["signing_keys"] = "signing_keys"
    access_key_id: str
    session_token: str | None = Field(repr=False)
    keys: dict[date, Base64Bytes] = Field(repr=False)

    def value(self) -> SigningKeys:
        return SigningKeys(self.access_key_id, _close(self.session_token), self.keys)


class _DelegationKeyBody(BaseModel):
    kind: Literal["delegation_key"] = "delegation_key"
    object_id: str
    tenant_id: str
    starts_at: AwareDatetime
    expires_at: AwareDatetime
    service: str
    version: str
    key: str = Field(repr=False)

    def value(self) -> DelegationKey:
        return DelegationKey(
            self.object_id,
            self.tenant_id,
            self.starts_at,
            self.expires_at,
            self.service,
            self.version,
            SecretStr(self.key),
        )


class _RemoteSigningBody(BaseModel):
    kind: Literal["remote_signing"] = "remote_signing"

    def value(self) -> RemoteSigning:
        return RemoteSigning()


_GrantBody = Annotated[
    _SessionKeysBody
    | _BearerTokenBody
    | _SasTokenBody
    | _SigningKeysBody
    | _DelegationKeyBody
    | _RemoteSigningBody,
    Field(discriminator="kind"),
]


class LeaseBody(BaseModel):
    """Carry a lease from the vault to another service, with its secrets open."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: Literal["lease"] = "lease"
    org_id: UUID
    location_id: UUID
    operation: Operation
    bucket: _BucketBody
    prefix: str
    grant: _GrantBody
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    renew_at: AwareDatetime

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """Open the lease's secrets for the wire."""
        return cls(
            org_id=lease.org_id,
            location_id=lease.location_id,
            operation=lease.operation,
            bucket=_BucketBody(
                provider=lease.bucket.provider,
                name=lease.bucket.name,
                region=lease.bucket.region,
                endpoint=lease.bucket.endpoint,
                path_style=lease.bucket.path_style,
            ),
            prefix=lease.prefix,
            grant=_grant_body(lease.grant),
            issued_at=lease.issued_at,
            expires_at=lease.expires_at,
            renew_at=lease.renew_at,
        )

    def lease(self) -> Lease:
        """Give the value back, its secrets wrapped again."""
        return Lease(
            org_id=self.org_id,
            location_id=self.location_id,
            operation=self.operation,
            bucket=Bucket(
                provider=self.bucket.provider,
                name=self.bucket.name,
                region=self.bucket.region,
                endpoint=self.bucket.endpoint,
                path_style=self.bucket.path_style,
            ),
            prefix=self.prefix,
            grant=self.grant.value(),
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            renew_at=self.renew_at,
        )


def _grant_body(grant: Grant) -> _GrantBody:
    match grant:
        case SessionKeys():
            return _SessionKeysBody(
                access_key_id=grant.access_key_id,
                secret_access_key=grant.secret_access_key.get_secret_value(),
                session_token=_open(grant.session_token),
            )
        case BearerToken():
            return _BearerTokenBody(token=grant.token.get_secret_value())
        case SasToken():
            return _SasTokenBody(token=grant.token.get_secret_value())
        case SigningKeys():
            return _SigningKeysBody.model_construct(  # as base64 they would be decoded here
                access_key_id=grant.access_key_id,
                session_token=_open(grant.session_token),
                keys=dict(grant.keys),
            )
        case DelegationKey():
            return _DelegationKeyBody(
                object_id=grant.object_id,
                tenant_id=grant.tenant_id,
                starts_at=grant.starts_at,
                expires_at=grant.expires_at,
                service=grant.service,
                version=grant.version,
                key=grant.value.get_secret_value(),
            )
        case RemoteSigning():
            return _RemoteSigningBody()
    assert_never(grant)


def _open(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _close(secret: str | None) -> SecretStr | None:
    return None if secret is None else SecretStr(secret)
