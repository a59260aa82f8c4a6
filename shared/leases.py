"""Leases: short-lived credentials, narrowed to a location and an operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, SecretStr

from shared.uris import Provider


class Operation(StrEnum):
    """What a lease allows: list keys below the prefix, or read the objects there."""

    LIST = "list"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Say how a bucket is addressed. `endpoint` is None for the provider's own."""

    provider: Provider
    name: str
    region: str
    endpoint: str | None = None
    path_style: bool = False


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Hold the keys of a session: what a LIST lease grants."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Hold derived SigV4 keys by UTC date: what a READ lease grants.

    A derived key signs for one day, one region and S3 alone, so that the gateway never holds a
    secret access key (AWS General Reference, "Create a signed AWS API request").
    """

    access_key_id: str
    session_token: SecretStr | None
    keys: Mapping[date, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lease:
    """Grant one operation below `prefix` of a bucket until `expires_at`; renew from `renew_at`."""

    org_id: UUID
    location_id: UUID
    operation: Operation
    bucket: Bucket
    prefix: str
    grant: SessionKeys | SigningKeys
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


class _GrantBody(BaseModel):
    access_key_id: str
    secret_access_key: str | None = Field(repr=False)
    session_token: str | None = Field(repr=False)
    signing_keys: dict[date, Base64Bytes] = Field(repr=False)


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
        match lease.grant:
            case SessionKeys(access_key_id=key_id, secret_access_key=secret, session_token=token):
                grant = _GrantBody(
                    access_key_id=key_id,
                    secret_access_key=secret.get_secret_value(),
                    session_token=_open(token),
                    signing_keys={},
                )
            case SigningKeys(access_key_id=key_id, session_token=token, keys=keys):
                grant = _GrantBody.model_construct(
                    access_key_id=key_id,
                    secret_access_key=None,
                    session_token=_open(token),
                    signing_keys=dict(keys),
                )
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
            grant=grant,
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
            grant=self._grant(),
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            renew_at=self.renew_at,
        )

    def _grant(self) -> SessionKeys | SigningKeys:
        token = None if self.grant.session_token is None else SecretStr(self.grant.session_token)
        if self.grant.secret_access_key is None:
            return SigningKeys(self.grant.access_key_id, token, self.grant.signing_keys)
        return SessionKeys(self.grant.access_key_id, SecretStr(self.grant.secret_access_key), token)


def _open(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
