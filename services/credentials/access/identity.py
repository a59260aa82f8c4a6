"""Checks of the identity: are we let in, is everybody else kept out, and for how long."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    Cause,
    Confidence,
    Finding,
    ask_together,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.probes import PROBE_NAME
from services.credentials.access.wide_sessions import WideSession
from services.credentials.arns import PrincipalArn
from services.credentials.issuers.base import (
    AccessKey,
    AwsIdentity,
    CustomerRole,
    OrganizationRole,
    Role,
)
from services.credentials.issuers.role_sessions import (
    RUNGS,
    Assumption,
    RoleSessions,
    SessionLimit,
)
from services.credentials.setup.policies import Document, trust_policy
from shared.errors import StorageDeniedError

WISHED = RUNGS[0]


class IdentityChecks:
    """Ask STS what a stored credential is worth."""

    def __init__(self, sessions: RoleSessions, principal: PrincipalArn | None) -> None:
        self._sessions = sessions
        self._principal = principal

    def trust(self, role: CustomerRole) -> dict[str, Document]:
        """Return the exact trust policy of the customer's role."""
        if self._principal is None:
            return {}
        return {"trust_policy": trust_policy(str(self._principal), role.external_id)}

    async def refused(self, role: CustomerRole, error: StorageDeniedError) -> Finding:
        """Explain why we are not let in: first of all, whether we are who customers trust."""
        if await self._sessions.find_mismatch() is not None:
            advice = "Correct MOORING_AWS_PRINCIPAL_ARN, or the credentials."
            return failed(
                "Mooring's AWS credentials belong to another principal than the one that trust "
                "policies name.",
                Cause(CauseKind.PRINCIPAL_MISMATCH, advice),
            )
        documents = self.trust(role)
        exact = f"Give the role {role.role_arn} this trust policy as it stands."
        # STS does not tell these apart, and a role that is not made yet is the most common one.
        return failed(
            error.detail,
            Cause(
                CauseKind.ROLE_ABSENT,
                f"Make the role {role.role_arn} with this trust policy, as the kit's script does.",
                documents,
                Confidence.LIKELY,
            ),
            Cause(CauseKind.TRUST_EXTERNAL_ID, exact, documents, Confidence.POSSIBLE),
            Cause(CauseKind.TRUST_PRINCIPAL, exact, documents, Confidence.POSSIBLE),
        )

    async def external_id_enforced(
        self, org_id: UUID, identity: AwsIdentity, region: str
    ) -> Finding:
        """Try the role without an ExternalId, with a wrong one, and as another organization.

        All must be refused. AWS asks vendors to try before they use a role (IAM User Guide, "How
        to use an external ID when granting access to your AWS resources to a third party"). An
        organization's ExternalId is a UUID drawn at random; the third is one that was just drawn.
        """
        if not isinstance(identity, CustomerRole):
            return skipped("Only a role of the customer's account has an ExternalId.")
        ways = (None, PROBE_NAME, str(uuid4()))
        tried = [Assumption(org_id, identity, region, each) for each in ways]
        absent, *others = await ask_together(*map(self._sessions.is_open, tried))
        if not absent and not any(others):
            return passed(
                "The role refuses a session without the ExternalId, with a wrong one, and with "
                "another organization's."
            )
        how = "without any ExternalId" if absent else "with a wrong ExternalId"
        kind = CauseKind.EXTERNAL_ID_NOT_REQUIRED if absent else CauseKind.EXTERNAL_ID_NOT_EXACT
        return failed(
            f"The role can be assumed {how}, so another customer of Mooring could name it as theirs"
            " and reach this bucket.",
            Cause(
                kind,
                f"Replace the trust policy of {identity.role_arn} with this one.",
                self.trust(identity),
            ),
        )

    def widen(self, org_id: UUID, identity: AwsIdentity, region: str) -> WideSession:
        """Return the session that no policy of ours narrows, which is asked for when it is used."""
        return WideSession(self._sessions, org_id, identity, region)

    async def session_duration(self, wide: WideSession) -> Finding:
        """Find the longest session, and which of AWS's two limits ends it."""
        identity = wide.identity
        if isinstance(identity, AccessKey):
            return passed(
                "Access keys have no sessions: leases last 12 hours and presigned URLs up to that."
            )
        granted = await wide.grant()
        finding = _judge_length(identity, granted.length, granted.limit)
        return finding.measuring(seconds=int(granted.length.total_seconds()))


def _judge_length(role: Role, length: timedelta, limit: SessionLimit | None) -> Finding:
    lasts = (
        f"A session lasts {_hours(length)}, so a presigned URL works for {_hours(length)} at most, "
        f"and {_hours(length / 2)} can always be had"
    )
    match limit:
        case None:
            return passed(f"{lasts}.")
        case SessionLimit.CHAINING:
            return warning(
                f"{lasts}: Mooring is itself a role, and AWS ends a role's session of another role "
                "after an hour, whatever the role allows.",
                Cause(CauseKind.ROLE_CHAINING, "Run the vault with the keys of an IAM user."),
            )
        case SessionLimit.ROLE:
            return warning(
                f"{lasts}: the role's maximum session duration is below {_hours(WISHED)}.",
                Cause(
                    CauseKind.OWN_MAX_SESSION_DURATION
                    if isinstance(role, OrganizationRole)
                    else CauseKind.MAX_SESSION_DURATION,
                    _lengthen(role),
                ),
            )


def _lengthen(role: Role) -> str:
    seconds = int(WISHED.total_seconds())
    return (
        "For longer URLs run: `aws iam update-role "
        f"--role-name {role.role_arn.name} --max-session-duration {seconds}`"
    )


def _hours(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    if minutes % 60:
        return f"{minutes} minutes"
    return "1 hour" if minutes == 60 else f"{minutes // 60} hours"  # noqa: PLR2004
