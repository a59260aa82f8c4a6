"""What reports ask of AWS: who we are there and for how long, and what the grant does and not."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.access.aws_refusals import (
    explain_unlisted,
    explain_unread,
    explain_unsigned,
    knows_key,
)
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.bucket_facts import BucketFacts
from services.credentials.access.capability_findings import judge_capabilities
from services.credentials.access.capability_probe import CapabilityProbe
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import (
    NOT_LISTED,
    Cause,
    Finding,
    failed,
    passed,
    skipped,
    warning,
)
from services.credentials.access.cloud_access import (
    Documents,
    Judgement,
    Place,
    Question,
    Sessions,
)
from services.credentials.access.encryption import judge_encryption
from services.credentials.access.identity import IdentityChecks
from services.credentials.access.objects import ReadSample, Sample
from services.credentials.access.probes import Probes
from services.credentials.access.regions import BucketRegions
from services.credentials.access.s3_samples import s3_reader
from services.credentials.access.scope import ScopeProbe
from services.credentials.access.signed_questions import SignedQuestions
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.access.subjects import Subject
from services.credentials.access.wide_sessions import WideSession
from services.credentials.issuers.base import (
    AccessKey,
    AwsIdentity,
    CustomerRole,
    Issuer,
    Session,
)
from services.credentials.setup.stores import AWS, StoreProfile
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, InvalidInputError, StorageDeniedError
from shared.leases import Bucket, Operation, SessionKeys
from shared.storage.open import open_store

AskFacts: TypeAlias = Callable[[BucketFacts], Awaitable[Finding]]
AskScope: TypeAlias = Callable[[ScopeProbe], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class AwsTools:
    """What AWS and its likes are asked with."""

    issuer: Issuer[AwsIdentity]
    identity: IdentityChecks
    regions: BucketRegions
    egress: EgressGuard
    probes: Probes
    stores: StoreProfiles
    capabilities: CapabilityProbe
    home_region: str


class AwsAccess:
    """Ask and advise for the methods of S3 (see CloudAccess)."""

    def __init__(self, tools: AwsTools) -> None:
        self._tools = tools

    # --- where and who ------------------------------------------------------------------------

    async def locate(self, subject: Subject) -> Place:
        identity = _identity_of(subject)
        if isinstance(identity, AccessKey):
            await self._tools.stores.find(identity.endpoint)  # for remedies of what comes after
        try:
            region = await self._tools.regions.find(identity, subject.bucket, subject.region)
        except BucketNotFoundError as error:
            cause = self._remedies(subject).cause(CauseKind.BUCKET_ABSENT)
            return Place(failed(error.detail, cause), error=error)
        if region is None:
            cause = Cause(CauseKind.REGION_UNKNOWN, "Give the bucket's region with the location.")
            finding = failed("The bucket's region is not known.", cause)
            return Place(finding, error=_unknown_region())
        bucket = self._tools.issuer.bucket(identity, subject.bucket, region)
        if subject.region not in {None, region}:
            sentence = f"The bucket is in {region}, and not where it was said to be."
            return Place(warning(sentence).measuring(region=region), bucket)
        return Place(passed(f"The bucket is in {region}.").measuring(region=region), bucket)

    def guess(self, subject: Subject) -> Bucket:
        region = subject.region or self._tools.home_region
        return self._tools.issuer.bucket(_identity_of(subject), subject.bucket, region)

    async def recognize(self, subject: Subject, bucket: Bucket, sessions: Sessions) -> Finding:
        identity = _identity_of(subject)
        session = sessions[Operation.LIST]
        if isinstance(identity, AccessKey):
            async with open_store(bucket, session.access, egress=self._tools.egress) as store:
                return await knows_key(store, subject.prefix)
        return passed(
            f"Mooring can assume {identity.role_arn}, and is {session.principal} then, of the"
            f" account {identity.role_arn.account}."
        )

    async def explain_refusal(self, subject: Subject, error: StorageDeniedError) -> Finding:
        identity = _identity_of(subject)
        if not isinstance(identity, CustomerRole):
            raise error
        return await self._tools.identity.refused(identity, error)

    def ask_isolation(self, subject: Subject, bucket: Bucket) -> Question:
        ask = self._tools.identity.external_id_enforced
        identity = _identity_of(subject)
        return Question(
            "external_id_enforced",
            partial(ask, subject.org_id, identity, bucket.region),
            by_refusals=True,
        )

    def why_barred(self, subject: Subject) -> str:
        del subject
        return (
            "Nothing is asked through a role that does not enforce the ExternalId: see the check "
            "`external_id_enforced`."
        )

    # --- what the grant does, and what it must not --------------------------------------------

    def ask_rights(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Sequence[Question]:
        identity = _identity_of(subject)
        wide = self._tools.identity.widen(subject.org_id, identity, bucket.region)
        scope = partial(self._ask_scope, subject, bucket, sessions, wide)
        questions = [
            Question(
                "session_duration",
                partial(self._tools.identity.session_duration, wide),
                needs_bucket=False,
            ),
            Question("scope", partial(scope, ScopeProbe.scope), thorough=True),
            Question("write_refused", partial(scope, ScopeProbe.write_refused), thorough=True),
        ]
        if isinstance(identity, AccessKey):
            question = partial(self._ask_capabilities, subject, bucket, sessions)
            questions.append(Question("capabilities", question, thorough=True))
        return questions

    async def _ask_scope(
        self,
        subject: Subject,
        bucket: Bucket,
        sessions: Sessions,
        wide: WideSession,
        ask: AskScope,
    ) -> Finding:
        is_narrowed = not isinstance(subject.identity, AccessKey)
        probe = ScopeProbe(
            grant=self._grant_of(subject),
            wide=self._questions(bucket, await wide.keys()),
            lent=self._lent(bucket, sessions[Operation.READ]) if is_narrowed else None,
            granted=subject.granted,
        )
        return await ask(probe)

    async def _ask_capabilities(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Finding:
        keys = sessions[Operation.LIST].access
        signing = sessions[Operation.READ].signing
        assert isinstance(keys, SessionKeys)  # noqa: S101 (a lent access key is nothing else)
        assert signing is not None  # noqa: S101
        try:
            found = await self._tools.capabilities.ask(bucket, subject.prefix, keys, signing)
        except (StorageDeniedError, BucketNotFoundError):
            return skipped(NOT_LISTED)
        return judge_capabilities(found)

    def ask_details(
        self, subject: Subject, bucket: Bucket, sessions: Sessions, *, is_listed: bool
    ) -> Sequence[Question]:
        ask = partial(self._ask_facts, subject, bucket, sessions)
        payer = partial(ask, partial(BucketFacts.requester_pays, is_listed=is_listed))
        if not is_listed:
            unlisted = [Question(name, _say_unlisted) for name in ("bucket_owner", "versioning")]
            return [*unlisted, Question("requester_pays", payer)]
        return [
            Question("bucket_owner", partial(ask, BucketFacts.bucket_owner), thorough=True),
            Question("versioning", partial(ask, BucketFacts.versioning), thorough=True),
            Question("requester_pays", payer),
        ]

    async def _ask_facts(
        self, subject: Subject, bucket: Bucket, sessions: Sessions, ask: AskFacts
    ) -> Finding:
        listing, reading = sessions[Operation.LIST], sessions[Operation.READ]
        return await ask(self._facts(subject, bucket, listing, reading))

    async def not_listed(
        self,
        subject: Subject,
        bucket: Bucket,
        session: Session,
        error: StorageDeniedError | BucketNotFoundError,
    ) -> Finding:
        facts = self._facts(subject, bucket, session, session)
        if (await facts.requester_pays(is_listed=False)).is_failed:
            return skipped("The bucket is listed for who pays: see the check `requester_pays`.")
        uri = f"s3://{subject.bucket}/{subject.prefix}"
        return explain_unlisted(self._remedies(subject), uri, error)

    # --- objects ------------------------------------------------------------------------------

    @asynccontextmanager
    async def open_reader(self, bucket: Bucket, session: Session) -> AsyncIterator[ReadSample]:
        yield s3_reader(self._lent(bucket, session))

    def not_read(
        self, subject: Subject, denied: Sequence[Sample], *, read: int, asked: int
    ) -> Finding:
        return explain_unread(self._remedies(subject), denied, read=read, asked=asked)

    def judge_samples(self, subject: Subject, samples: Sequence[Sample]) -> Sequence[Judgement]:
        if not self._store_of(subject).has_kms:
            return ()
        findings = judge_encryption(self._remedies(subject), samples)
        return [Judgement("encryption", key, finding) for key, finding in findings]

    def not_signed(self, subject: Subject, refusal: UrlRefusal) -> Finding:
        return explain_unsigned(self._remedies(subject), refusal)

    def cors(self, subject: Subject) -> Documents:
        document = self._store_of(subject).cors(subject.origins)
        return {} if document is None else {"cors": document}

    def cors_advice(self, subject: Subject) -> str:
        return self._store_of(subject).advise_cors(subject.bucket, subject.origins)

    # --- what it is asked with ----------------------------------------------------------------

    def _facts(
        self, subject: Subject, bucket: Bucket, listing: Session, reading: Session
    ) -> BucketFacts:
        lists, reads = self._lent(bucket, listing), self._lent(bucket, reading)
        return BucketFacts(self._grant_of(subject), lists, reads)

    def _lent(self, bucket: Bucket, session: Session) -> SignedQuestions:
        assert isinstance(session.access, SessionKeys)  # noqa: S101 (AWS grants no other access)
        return self._questions(bucket, session.access)

    def _questions(self, bucket: Bucket, keys: SessionKeys) -> SignedQuestions:
        return SignedQuestions(self._tools.probes.client_for(bucket), bucket, keys)

    def _remedies(self, subject: Subject) -> AwsRemedies:
        return AwsRemedies(self._grant_of(subject))

    def _grant_of(self, subject: Subject) -> AwsGrant:
        store = self._store_of(subject)
        return AwsGrant(_identity_of(subject), subject.bucket, subject.prefix, store)

    def _store_of(self, subject: Subject) -> StoreProfile:
        identity = _identity_of(subject)
        if isinstance(identity, AccessKey):
            return self._tools.stores.known(identity.endpoint)
        return AWS


async def _say_unlisted() -> Finding:
    return skipped(NOT_LISTED)


def _unknown_region() -> InvalidInputError:
    return InvalidInputError("The bucket's region could not be found out: give it.", field="region")


def _identity_of(subject: Subject) -> AwsIdentity:
    if not isinstance(subject.identity, AwsIdentity):
        raise TypeError("This identity is of another cloud.")
    return subject.identity
