"""The issuer for S3: sessions of AWS roles, and the keys of stores that speak S3's API."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from services.credentials.issuers.base import AccessKey, AwsIdentity, Reach, Role, Session
from services.credentials.issuers.clients import AwsAddress
from services.credentials.issuers.derived_keys import derive_keys
from services.credentials.issuers.role_sessions import (
    Assumption,
    PolicyTooLargeError,
    RoleSessions,
)
from services.credentials.issuers.session_policies import bucket_wide_policy, session_policy
from shared.clock import Clock
from shared.leases import Bucket, Operation, SessionKeys, SigningKeys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider

ACCESS_KEY_LEASE = timedelta(hours=12)  # as long as the longest session of a role

log = structlog.get_logger()


class AwsIssuer:
    """Issue sessions for all three methods."""

    def __init__(self, sessions: RoleSessions, address: AwsAddress, clock: Clock) -> None:
        self._sessions = sessions
        self._address = address
        self._clock = clock

    def bucket(self, identity: AwsIdentity, name: str, region: str) -> Bucket:
        if isinstance(identity, AccessKey):
            return Bucket(Provider.S3, name, region, identity.endpoint, identity.path_style)
        stand_in = self._address.s3_endpoint
        return Bucket(Provider.S3, name, region, stand_in, path_style=stand_in is not None)

    async def issue(self, org_id: UUID, identity: AwsIdentity, reach: Reach) -> Session:
        if isinstance(identity, AccessKey):
            session = self._lend(identity)
        else:
            session = await self._assume(org_id, identity, reach)
        return session if reach.operation is Operation.LIST else _signing(session, reach.bucket)

    def _lend(self, key: AccessKey) -> Session:
        now = self._clock.now()
        keys = SessionKeys(key.access_key_id, key.secret_access_key, key.session_token)
        return Session(keys, None, now, now + ACCESS_KEY_LEASE)

    async def _assume(self, org_id: UUID, role: Role, reach: Reach) -> Session:
        partition = role.role_arn.partition
        region = reach.bucket.region
        policy = session_policy(partition, reach)
        asked = Assumption(org_id, role, region, role.external_id, policy)
        try:
            return (await self._sessions.assume_longest(asked)).session
        except PolicyTooLargeError:
            # Refusing would make the location useless; the role's own policy still narrows it.
            log.warning("session narrowed to the bucket only", bucket=reach.bucket.name)
        policy = bucket_wide_policy(partition, reach)
        asked = Assumption(org_id, role, region, role.external_id, policy)
        return (await self._sessions.assume_longest(asked)).session


def _signing(session: Session, bucket: Bucket) -> Session:
    """Add the keys that sign URLs in the bucket's region on each day of the session."""
    keys = session.access
    assert isinstance(keys, SessionKeys)  # noqa: S101 (AWS grants no other access)
    secret = keys.secret_access_key.get_secret_value()
    derive = partial(derive_signing_key, secret, region=bucket.region)
    derived = derive_keys(derive, session.issued_at, session.expires_at)
    return replace(session, signing=SigningKeys(keys.access_key_id, keys.session_token, derived))
