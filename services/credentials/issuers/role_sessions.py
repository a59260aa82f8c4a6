"""Role sessions: AssumeRole by our principal, for as long as the role grants."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from services.credentials.arns import PrincipalArn
from services.credentials.issuers.base import OrganizationRole, Role, Session
from services.credentials.issuers.clients import AwsClients
from services.credentials.issuers.refusals import (
    assume_denied,
    cloud_error,
    code_of,
    is_denied,
    message_of,
)
from shared.clock import Clock
from shared.errors import AppError, CloudIdentityError
from shared.leases import SessionKeys

if TYPE_CHECKING:  # the stubs are a tool of development
    from types_aiobotocore_sts.type_defs import AssumeRoleRequestTypeDef, CredentialsTypeDef

HOUR = timedelta(hours=1)
SHORTEST = timedelta(minutes=15)  # "AssumeRole", AWS STS API Reference
RUNGS = tuple(timedelta(hours=hours) for hours in (12, 8, 6, 4, 2, 1))
"""Lengths to try: a longer one than the role's maximum is refused, not cut (ibid.)."""

log = structlog.get_logger()


class SessionLimit(StrEnum):
    """Which of AWS's two limits ends a session: the role's own, or the hour for chained roles."""

    ROLE = "role"
    CHAINING = "chaining"


class SessionTooLongError(Exception):
    """A session of this length is not granted."""

    def __init__(self, limit: SessionLimit) -> None:
        super().__init__(limit)
        self.limit = limit


class PolicyTooLargeError(Exception):
    """The session policy does not fit into the token."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One way to assume a role. `external_id` None sends none; `policy` None narrows nothing."""

    org_id: UUID
    role: Role
    region: str
    external_id: str | None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The longest session that was granted, and what refused a longer one."""

    session: Session
    length: timedelta
    limit: SessionLimit | None


class RoleSessions:
    """Assume roles, and remember for how long each one lets us."""

    def __init__(
        self, clients: AwsClients, principal: PrincipalArn | None, home_region: str, clock: Clock
    ) -> None:
        self._clients = clients
        self._principal = principal
        self._home_region = home_region
        self._clock = clock
        self._granted: dict[str, timedelta] = {}

    async def is_open(self, asked: Assumption) -> bool:
        """Say whether the role can be assumed this way; only a plain refusal means that not."""
        try:
            await self._assume(asked, SHORTEST)
        except ClientError as error:
            if is_denied(error):
                return False
            raise cloud_error(error, self._denied(asked.role)) from error
        except BotoCoreError as error:
            raise cloud_error(error, self._denied(asked.role)) from error
        return True

    async def find_mismatch(self) -> str | None:
        """Return who AWS says we are when that is not the principal that customers trust."""
        if self._principal is None:
            return None
        try:
            sts = await self._clients.sts(self._home_region)
            arn = (await sts.get_caller_identity())["Arn"]
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and code_of(error) == "MethodNotAllowed":
                return None  # RGW's STS does not know the question
            raise cloud_error(error, CloudIdentityError("AWS does not say who we are.")) from error
        return None if self._principal.is_session(arn) else arn

    async def assume_longest(self, asked: Assumption, *, afresh: bool = False) -> Granted:
        """Return the longest session that is granted.

        What was granted last is asked first, unless `afresh`. Raises PolicyTooLargeError and the
        errors of an Issuer.
        """
        limit = SessionLimit.CHAINING if self._is_chained() else None
        role_arn = str(asked.role.role_arn)
        longest = RUNGS[0] if afresh else self._granted.get(role_arn, RUNGS[0])
        for rung in RUNGS:
            if rung > longest or (limit is SessionLimit.CHAINING and rung > HOUR):
                continue
            try:
                session = await self._assume_or_say_why(asked, rung)
            except SessionTooLongError as refusal:
                limit = refusal.limit
            else:
                self._granted[role_arn] = rung
                return Granted(session, rung, limit)
        raise CloudIdentityError("AWS grants no session of an hour, which every role allows.")

    async def _assume_or_say_why(self, asked: Assumption, length: timedelta) -> Session:
        try:
            return await self._assume(asked, length)
        except ClientError as error:
            limit = _limit_of(error)
            if limit is not None:
                raise SessionTooLongError(limit) from error
            if code_of(error) == "PackedPolicyTooLarge":
                raise PolicyTooLargeError from error
            raise cloud_error(error, self._denied(asked.role)) from error
        except BotoCoreError as error:
            raise cloud_error(error, self._denied(asked.role)) from error

    async def _assume(self, asked: Assumption, length: timedelta) -> Session:
        request: AssumeRoleRequestTypeDef = {
            "RoleArn": str(asked.role.role_arn),
            "RoleSessionName": f"mooring-{asked.org_id}",  # what the customer's CloudTrail shows
            "DurationSeconds": int(length.total_seconds()),
        }
        if asked.external_id is not None:
            request["ExternalId"] = asked.external_id
        if asked.policy is not None:
            request["Policy"] = asked.policy
        issued_at = self._clock.now()
        sts = await self._clients.sts(asked.region)
        try:
            answer = await sts.assume_role(**request)
        except ClientError as error:
            # The bucket's region may not be enabled in the role's account: then ours must do.
            if code_of(error) == "RegionDisabledException" and asked.region != self._home_region:
                log.info("region disabled in the role's account", region=asked.region)
                return await self._assume(replace(asked, region=self._home_region), length)
            raise
        return _session(answer["Credentials"], answer["AssumedRoleUser"]["Arn"], issued_at)

    def _is_chained(self) -> bool:
        """A role that assumes a role gets an hour: "Roles terms and concepts", IAM User Guide."""
        return self._principal is not None and self._principal.is_role

    def _denied(self, role: Role) -> AppError:
        if isinstance(role, OrganizationRole):
            return CloudIdentityError(
                "AWS does not let Mooring assume its own role for this organization. A role that "
                "was just made can need a minute; else the operator must allow sts:AssumeRole on "
                "role/mooring/*, and not delete roles there."
            )
        return assume_denied(str(role.role_arn))


def _session(granted: "CredentialsTypeDef", arn: str, issued_at: datetime) -> Session:
    keys = SessionKeys(
        access_key_id=granted["AccessKeyId"],
        secret_access_key=SecretStr(granted["SecretAccessKey"]),
        session_token=SecretStr(granted["SessionToken"]),
    )
    return Session(keys, None, issued_at, granted["Expiration"].astimezone(UTC), principal=arn)


def _limit_of(error: ClientError) -> SessionLimit | None:
    """Read which limit an error names; STS has no codes of their own for the two.

    RGW's STS knows the role's alone, and says no more than that an argument is wrong.
    """
    code, message = code_of(error), message_of(error)
    if code == "InvalidArgument" and not message:
        return SessionLimit.ROLE
    if code != "ValidationError" or "DurationSeconds exceeds" not in message:
        return None
    return SessionLimit.CHAINING if "role chaining" in message else SessionLimit.ROLE
