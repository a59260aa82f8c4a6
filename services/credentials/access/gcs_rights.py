"""Checks of what a service account may do with a bucket, and of what only Cloud Storage has."""

from dataclasses import dataclass
from uuid import UUID

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    Cause,
    Finding,
    Status,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.gcs_refusals import GcsGrant
from services.credentials.issuers.base import HmacKey, Reach
from services.credentials.issuers.bucket_questions import BucketQuestions
from services.credentials.issuers.google_tokens import (
    CLOUD_PLATFORM,
    READ_ONLY,
    GoogleTokens,
    ServiceAccount,
)
from services.credentials.setup.gcs_policies import READER_ROLE
from shared.errors import StorageDeniedError

NEEDED = ("storage.objects.get", "storage.objects.list")
TOO_MUCH = (
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.update",
    "storage.objects.setIamPolicy",
    "storage.buckets.delete",
    "storage.buckets.update",
    "storage.buckets.setIamPolicy",
)

_TOO_WIDE = "The service account may list or read the whole bucket, and needs the prefix only."
_ONLY_XML = "An HMAC key can be asked nothing like it: see the checks `list` and `read`."


@dataclass(frozen=True, slots=True)
class RightsSubject:
    """Whose rights are asked about, and where.

    `granted` are the prefixes of the bucket that the account reaches for other locations.
    """

    org_id: UUID
    grant: GcsGrant
    reach: Reach
    granted: tuple[str, ...] = ()


class GcsRights:
    """Ask with tokens that are made for the question, and go no further."""

    def __init__(self, tokens: GoogleTokens, questions: BucketQuestions) -> None:
        self._tokens = tokens
        self._questions = questions

    async def permissions(self, subject: RightsSubject) -> Finding:
        """Ask both ways: what is needed must be there, and what changes anything must not.

        The token has the widest scope, for a narrower one might hide what the account may do.
        """
        identity = subject.grant.identity
        if isinstance(identity, HmacKey):
            return skipped(_ONLY_XML)
        token = await self._tokens.get(subject.org_id, identity, CLOUD_PLATFORM)
        bucket = subject.reach.bucket
        held = await self._questions.held_permissions(bucket, (*NEEDED, *TOO_MUCH), token.token)
        finding = _judge(subject.grant, identity, held)
        if finding is not None:
            return finding
        return await self._judge_width(subject, identity)

    async def _judge_width(self, subject: RightsSubject, account: ServiceAccount) -> Finding:
        """Judge a grant of the whole bucket for a prefix: too much where it can be narrowed."""
        if "" in subject.granted:
            return passed("The service account may read the whole bucket, as another location has.")
        grant = subject.grant
        cause = Cause(CauseKind.LISTS_OUTSIDE, _reduce(grant, account), grant.documents())
        uniform = await self.uniform_access(subject)
        if uniform.status is Status.PASSED:
            return failed(_TOO_WIDE, cause)
        return warning(_TOO_WIDE, cause)  # nothing narrower can be granted, or that is not known

    async def requester_pays(self, subject: RightsSubject) -> Finding:
        """Ask whether the bucket wants a project that is billed, which we do not name."""
        identity = subject.grant.identity
        if isinstance(identity, HmacKey):
            return skipped(_ONLY_XML)
        token = await self._tokens.get(subject.org_id, identity, READ_ONLY)
        try:
            pays = await self._questions.is_requester_pays(subject.reach, token.token)
        except StorageDeniedError:
            return skipped("The bucket does not say: see the check `list`.")
        if not pays:
            return passed("The bucket's owner pays for what is read.")
        command = f"gcloud storage buckets update gs://{subject.grant.bucket} --no-requester-pays"
        return failed(
            "The bucket lets only requesters read that pay for it, and Mooring does not.",
            Cause(CauseKind.REQUESTER_PAYS, f"Run: {command}"),
        )

    async def uniform_access(self, subject: RightsSubject) -> Finding:
        """Ask whether IAM alone rules the bucket, where we may."""
        identity = subject.grant.identity
        if isinstance(identity, HmacKey):
            return skipped(_ONLY_XML)
        token = await self._tokens.get(subject.org_id, identity, READ_ONLY)
        try:
            uniform = await self._questions.has_uniform_access(subject.reach.bucket, token.token)
        except StorageDeniedError:
            return skipped("The service account may not look, and need not: storage.buckets.get.")
        if uniform:
            return passed("The bucket has uniform bucket-level access: IAM alone rules it.")
        command = (
            f"gcloud storage buckets update gs://{subject.grant.bucket} "
            "--uniform-bucket-level-access"
        )
        return warning(
            "The bucket has no uniform bucket-level access: ACLs of single objects decide too, and "
            "neither a grant nor Mooring's tokens can be narrowed to a prefix.",
            Cause(CauseKind.ACLS, f"To put ACLs out of force run: {command}"),
        )


def _judge(grant: GcsGrant, account: ServiceAccount, held: frozenset[str]) -> Finding | None:
    """Judge what is held on the whole bucket, which the binding of one prefix does not show in.

    Return None for what may be read beyond the prefix.
    """
    excess = [permission for permission in TOO_MUCH if permission in held]
    if excess:
        return failed(
            f"The service account may do more than read: {', '.join(excess)}.",
            Cause(CauseKind.MAY_CHANGE, _reduce(grant, account), grant.documents()),
        )
    missing = [permission for permission in NEEDED if permission not in held]
    if grant.prefix:
        if len(missing) == len(NEEDED):
            return passed("The service account may do nothing outside of the prefix.")
        return None
    if missing:
        return failed(
            f"The service account lacks {' and '.join(missing)} on the bucket.",
            Cause(CauseKind.LIST_NOT_GRANTED, grant.advice(), grant.documents()),
        )
    return passed("The service account may list and read objects, and change nothing.")


def _reduce(grant: GcsGrant, account: ServiceAccount) -> str:
    return (
        f"Remove what else grants {account.email} a role on gs://{grant.bucket}, on its project or "
        f"above, and leave {READER_ROLE}. For the prefix alone: {grant.advice()}"
        if grant.prefix
        else f"Remove what else grants {account.email} a role on gs://{grant.bucket}, on its "
        f"project or above, and leave {READER_ROLE}."
    )
