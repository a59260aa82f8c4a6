"""Checks of what must be refused on S3: whatever lies outside of the prefix, and every change."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from services.credentials.access.aws_evidence import evidence_of
from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    Finding,
    ask_together,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.probes import PROBE_NAME
from services.credentials.access.signed_questions import Reply, SignedQuestions
from services.credentials.issuers.base import AccessKey, CustomerRole
from shared.errors import BrokenListingError, LeaseExpiredError
from shared.storage.pages import decode_s3_page

_REFUSALS = {"", "AccessDenied", "AllAccessDisabled"}  # older stores give no code
_WRITTEN_BUT = {"BadDigest", "NoSuchUpload"}  # what a write that was allowed ends with
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_MAY = {
    CauseKind.LISTS_OUTSIDE: "list keys outside of the prefix",
    CauseKind.READS_OUTSIDE: "read objects outside of the prefix",
    CauseKind.LISTS_BUCKETS: "see the names of all buckets of the account",
}
_FEW = {"list-type": "2", "max-keys": "10", "encoding-type": "url"}


@dataclass(frozen=True, slots=True)
class ScopeProbe:
    """What is asked: with all that the identity may do, and with the session that is lent.

    The lent session is refused outside of the prefix whatever the identity may do, so its answers
    show what a refusal looks like. An access key cannot be narrowed, and has None. `granted` are
    the prefixes of the bucket that the identity reaches for other locations.
    """

    grant: AwsGrant
    wide: SignedQuestions
    lent: SignedQuestions | None
    granted: Sequence[str] = ()

    async def scope(self) -> Finding:
        """Ask for what lies beside and above the prefix, and for the account's buckets."""
        replies = await self._list_outside()
        if any(map(_is_unclear, replies)):
            return skipped("The store gives no clear answer now: see the check `list`.")
        asked = await ask_together(
            self._judge_listing(replies), self._reads_outside(), self._buckets()
        )
        excess = list(dict.fromkeys(kind for kinds in asked for kind in kinds))
        if not excess:
            return passed(f"{self._refused()} refused.")
        remedies = AwsRemedies(self.grant)
        causes = [remedies.cause(kind) for kind in excess]
        sentence = f"The credential may {' and '.join(_MAY[kind] for kind in excess)}."
        if self.grant.is_narrowed:
            return failed(sentence, *causes)
        return warning(f"{sentence} {self.grant.store.title} may not let it be narrowed.", *causes)

    async def write_refused(self) -> Finding:
        """Try a write that cannot take effect.

        A store that looks for the upload before it asks who may write answers everybody alike, and
        is not understood.
        """
        key = f"{self.grant.prefix}{PROBE_NAME}"
        stranger = self.wide.put_part_unsigned if self.lent is None else self.lent.put_part
        reply, refusal = await ask_together(self.wide.put_part(key), stranger(key))
        if isinstance(refusal.refusal(), LeaseExpiredError):
            return skipped("The session ended meanwhile: see the check `list`.")
        if not _is_refused(refusal):
            return skipped("The store does not tell who may write from who may not.")
        if _is_refused(reply):
            return passed(
                "Writing below the prefix is refused; a request was sent that could not take"
                " effect."
            )
        if not reply.is_success and reply.code not in _WRITTEN_BUT:
            return skipped("The store does not tell whether writing is allowed.")
        cause = AwsRemedies(self.grant).cause(CauseKind.MAY_CHANGE)
        return failed("The credential may write objects, and needs to read them only.", cause)

    def _refused(self) -> str:
        if not self.grant.prefix:
            return "Seeing the account's other buckets is"
        if self.lent is None:
            return "Listing outside of the prefix is"
        return "Listing and reading outside of the prefix are"

    async def _list_outside(self) -> list[Reply]:
        """List the whole bucket, and the prefix without its slash, which `team-b/` shares."""
        bare = self.grant.prefix.removesuffix("/")
        tried = [each for each in ("", bare) if self._is_outside(each)]
        return await ask_together(*(self.wide.list({**_FEW, "prefix": each}) for each in tried))

    async def _judge_listing(self, replies: Sequence[Reply]) -> list[CauseKind]:
        """Say what was listed, and read an object beside the prefix if there is one."""
        prefix = self.grant.prefix
        found = [CauseKind.LISTS_OUTSIDE] if any(each.is_success for each in replies) else []
        keys = [key for each in replies for key in _keys_of(each) if not key.startswith(prefix)]
        if keys and (await self.wide.read_byte(keys[0], {})).is_success:
            found.append(CauseKind.READS_OUTSIDE)
        return found

    async def _reads_outside(self) -> list[CauseKind]:
        """Ask for an object, and a version, that are not there: who may not read is not told so.

        Beside `team/`, for what `team*` allows is there too. With the right to read and without
        the one to list, S3 refuses to tell, and names the right to list.
        """
        beside = f"{self.grant.prefix.removesuffix('/')}-{PROBE_NAME}"
        key = next((each for each in (beside, PROBE_NAME) if self._is_outside(each)), None)
        if self.lent is None or key is None:
            return []
        lent = self.lent
        version, no_version, plain, no_plain = await ask_together(
            self.wide.read_version(key, PROBE_NAME),
            lent.read_version(key, PROBE_NAME),
            self.wide.read_byte(key, {}),
            lent.read_byte(key, {}),
        )
        tells = _tells(version, no_version) or _tells(plain, no_plain)
        refuses_list = evidence_of(plain.refusal()).action == "s3:ListBucket"
        return [CauseKind.READS_OUTSIDE] if tells or refuses_list else []

    async def _buckets(self) -> list[CauseKind]:
        """Ask for the customer's buckets; a role of ours would see ours.

        Ceph RGW lists to all users those that they own: none to a user who is there to read.
        """
        if not isinstance(self.grant.identity, CustomerRole | AccessKey):
            return []
        reply = await self.wide.list_buckets()
        shows_some = reply.is_success and b"<Bucket>" in reply.body  # which may be cut off
        return [CauseKind.LISTS_BUCKETS] if shows_some else []

    def _is_outside(self, prefix: str) -> bool:
        """Say whether the identity is to reach this prefix for no location."""
        granted = (self.grant.prefix, *self.granted)
        return bool(self.grant.prefix) and not any(map(prefix.startswith, granted))


def _keys_of(reply: Reply) -> Sequence[str]:
    if not reply.is_success:
        return ()
    try:
        return [row.key for row in decode_s3_page(reply.body, prefix="").rows]
    except BrokenListingError:
        return ()


def _is_unclear(reply: Reply) -> bool:
    """Say whether a listing is neither granted nor refused, as by a session that has ended."""
    return not reply.is_success and not _is_refused(reply)


def _is_refused(reply: Reply) -> bool:
    """Say whether rights are what is lacking, and not a good signature, or the right time."""
    return reply.status in _DENIED and reply.code in _REFUSALS


def _tells(reply: Reply, refusal: Reply) -> bool:
    """Say whether one is told what the other is refused."""
    return _is_refused(refusal) and reply.status not in _DENIED and not _is_passing(reply)


def _is_passing(reply: Reply) -> bool:
    """Say whether the store is only busy or broken now."""
    return reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
        reply.status == HTTPStatus.TOO_MANY_REQUESTS
    )
