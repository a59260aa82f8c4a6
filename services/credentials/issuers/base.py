"""Issuers: an opened storage credential in, a session out that can do one thing in one prefix."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import SecretStr

from services.credentials.arns import RoleArn
from shared.leases import Bucket, Operation, SessionKeys


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
    """Long-lived keys of a store that speaks S3's API (`access_key`)."""

    access_key_id: str
    secret_access_key: SecretStr
    endpoint: str
    region: str
    path_style: bool


Role = CustomerRole | OrganizationRole
Identity = Role | AccessKey


@dataclass(frozen=True, slots=True)
class Reach:
    """What a session may do: one operation below one prefix of one bucket."""

    bucket: Bucket
    prefix: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Session:
    """Keys that work until `expires_at`."""

    keys: SessionKeys
    issued_at: datetime
    expires_at: datetime


class Issuer(Protocol):
    """Turn a storage credential into sessions.

    Raises StorageDeniedError when the customer's cloud refuses us, CloudIdentityError when it is
    our own identity that does not work, StorageThrottledError and StorageUnavailableError.
    """

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        """Say how a bucket is addressed with this identity."""
        ...

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        """Return the longest session that is granted, narrowed to `reach`."""
        ...
