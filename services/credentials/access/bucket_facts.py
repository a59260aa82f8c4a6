"""Checks of what a bucket on S3 is: whose, paid by whom, with versions or not."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote_plus

from services.credentials.access.aws_evidence import evidence_of
from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    NOT_LISTED,
    Confidence,
    Finding,
    ask_together,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.signed_questions import Reply, SignedQuestions
from services.credentials.issuers.base import CustomerRole
from shared.errors import LeaseExpiredError, ObjectArchivedError, StorageDeniedError

_OWNER = "x-amz-expected-bucket-owner"
_PAYER = {"x-amz-request-payer": "requester"}


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """Ask with the sessions that are lent: `lists` lists the prefix, `reads` reads below it."""

    grant: AwsGrant
    lists: SignedQuestions
    reads: SignedQuestions

    async def bucket_owner(self) -> Finding:
        """Ask as if the bucket were of the role's account, which is refused when it is not.

        A deleted bucket's name can be taken by anybody ("Verifying bucket ownership with bucket
        owner condition", S3 User Guide).
        """
        identity = self.grant.identity
        if not isinstance(identity, CustomerRole):
            return skipped("The account that the bucket should belong to is not known.")
        account = identity.role_arn.account
        reply = await self.lists.list(self._one(), headers={_OWNER: account})
        if reply.is_success:
            return passed(f"The bucket belongs to the account of the role, {account}.")
        _require_refusal(reply)
        cause = AwsRemedies(self.grant).cause(CauseKind.OTHER_OWNER)
        return warning(f"The bucket does not belong to the account of the role, {account}.", cause)

    async def requester_pays(self, *, is_listed: bool) -> Finding:
        """Ask whether the bucket is listed for who pays, and for nobody else."""
        if is_listed:
            return passed("The bucket's owner pays for what is read.")
        refused, paid = await ask_together(
            self.lists.list(self._one()), self.lists.list(self._one(), headers=_PAYER)
        )
        if refused.is_success or not paid.is_success:
            return skipped(NOT_LISTED)
        return failed(
            "The bucket lets only requesters read that pay for it, and Mooring does not.",
            AwsRemedies(self.grant).cause(CauseKind.REQUESTER_PAYS),
        )

    async def versioning(self) -> Finding:
        """Ask for a version, and read it: imports that pin versions need both."""
        query = {"versions": "", **self._one()}
        query.pop("list-type")
        reply = await self.lists.list(query)
        if not reply.is_success:
            _require_refusal(reply)
            cause = AwsRemedies(self.grant).cause(CauseKind.VERSIONS_NOT_LISTED)
            return warning("Versions cannot be listed, so imports cannot pin them.", cause)
        key, version = reply.find_text("Version", "Key"), reply.find_text("Version", "VersionId")
        if key is None or version is None:
            return passed("Versions can be listed.")
        read = await self.reads.read_version(unquote_plus(key), version)
        is_empty = read.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE  # it has no byte
        if not read.is_success and not is_empty:
            refusal = read.refusal()
            if isinstance(refusal, StorageDeniedError):
                return await self._judge_unread(unquote_plus(key), refusal)
            check = "archived" if isinstance(refusal, ObjectArchivedError) else "read"
            return skipped(f"Versions can be listed. For reading see the check `{check}`.")
        if version == "null":
            return passed("Versions can be listed; the bucket keeps none, or none yet.")
        return passed("Versions can be listed and read, and the bucket keeps them.")

    async def _judge_unread(self, key: str, refusal: StorageDeniedError) -> Finding:
        """Judge a version that is denied, which is only about versions where the object is not."""
        if evidence_of(refusal).is_of_kms:
            return skipped("Versions can be listed. For reading see the check `encryption`.")
        if not (await self.reads.read_byte(key, {})).is_success:
            return skipped("Versions can be listed. For reading see the check `read`.")
        cause = AwsRemedies(self.grant).cause(CauseKind.READ_NOT_GRANTED, Confidence.LIKELY)
        return warning("Versions can be listed, and the newest one cannot be read.", cause)

    def _one(self) -> dict[str, str]:
        prefix = self.grant.prefix
        return {"list-type": "2", "prefix": prefix, "max-keys": "1", "encoding-type": "url"}


def _require_refusal(reply: Reply) -> None:
    """Raise what an answer means that is neither a success nor a refusal of these rights."""
    error = reply.refusal()
    if not isinstance(error, StorageDeniedError) or isinstance(error, LeaseExpiredError):
        raise error
