"""What reports ask of AWS: the bucket's region, the ExternalId, and how long sessions last."""

from collections.abc import Sequence
from functools import partial

from services.credentials.access.aws_refusals import (
    AwsGrant,
    explain_unlisted,
    explain_unread,
    knows_key,
)
from services.credentials.access.capability_findings import judge_capabilities
from services.credentials.access.capability_probe import CapabilityProbe
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed, skipped, warning
from services.credentials.access.cloud_access import Documents, Place, Question, Sessions
from services.credentials.access.identity import IdentityChecks
from services.credentials.access.regions import BucketRegions
from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.access.subjects import Subject
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole, Issuer
from services.credentials.setup.stores import AWS, StoreProfile
from shared.egress import EgressGuard
from shared.errors import BucketNotFoundError, InvalidInputError, StorageDeniedError
from shared.leases import Bucket, Operation, SessionKeys
from shared.storage.open import open_store

_DENIES_PRESIGNED = (
    "When the check `read` has passed, look for a statement in the bucket's policy that denies"
    " presigned requests: a condition on s3:signatureAge, s3:authType, aws:SourceIp or"
    " aws:SourceVpce."
)
_CHANGES_REQUESTS = (
    "When the check `read` has passed, look for a proxy before the store that changes the Host"
    " header or the query, and at the store's clock."
)


class AwsAccess:
    """Ask and advise for the methods of S3 (see CloudAccess)."""

    def __init__(
        self,
        issuer: Issuer[AwsIdentity],
        identity: IdentityChecks,
        regions: BucketRegions,
        egress: EgressGuard,
        *,
        stores: StoreProfiles,
        capabilities: CapabilityProbe,
        home_region: str,
    ) -> None:
        self._issuer = issuer
        self._identity = identity
        self._regions = regions
        self._egress = egress
        self._stores = stores
        self._capabilities = capabilities
        self._home_region = home_region

    async def locate(self, subject: Subject) -> Place:
        identity = _identity_of(subject)
        if isinstance(identity, AccessKey):
            await self._stores.find(identity.endpoint)  # for the remedies of what comes after
        try:
            region = await self._regions.find(identity, subject.bucket, subject.region)
        except BucketNotFoundError as error:
            advice = "Correct the bucket's name in the URI, or make the bucket."
            return Place(failed(error.detail, Cause(CauseKind.BUCKET_ABSENT, advice)), error=error)
        if region is None:
            advice = "Give the bucket's region with the location."
            finding = failed(
                "The bucket's region is not known.", Cause(CauseKind.REGION_UNKNOWN, advice)
            )
            return Place(finding, error=_unknown_region())
        bucket = self._issuer.bucket(identity, subject.bucket, region)
        if subject.region not in {None, region}:
            sentence = f"The bucket is in {region}, and not where it was said to be."
            return Place(warning(sentence), bucket)
        return Place(passed(f"The bucket is in {region}."), bucket)

    def guess(self, subject: Subject) -> Bucket:
        region = subject.region or self._home_region
        return self._issuer.bucket(_identity_of(subject), subject.bucket, region)

    async def recognize(self, subject: Subject, bucket: Bucket, sessions: Sessions) -> Finding:
        identity = _identity_of(subject)
        if isinstance(identity, AccessKey):
            access = sessions[Operation.LIST].access
            async with open_store(bucket, access, egress=self._egress) as store:
                return await knows_key(store, subject.prefix)
        return passed(f"Mooring can assume {identity.role_arn}.")

    async def explain_refusal(self, subject: Subject, error: StorageDeniedError) -> Finding:
        identity = _identity_of(subject)
        if not isinstance(identity, CustomerRole):
            raise error
        return await self._identity.refused(identity, error)

    def ask_isolation(self, subject: Subject, bucket: Bucket) -> Question:
        ask = self._identity.external_id_enforced
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

    def ask_rights(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Sequence[Question]:
        ask = self._identity.session_duration
        identity = _identity_of(subject)
        duration = partial(ask, subject.org_id, identity, bucket.region)
        questions = [Question("session_duration", duration)]
        if isinstance(identity, AccessKey):
            question = partial(self._ask_capabilities, subject, bucket, sessions)
            questions.append(Question("capabilities", question))
        return questions

    async def _ask_capabilities(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Finding:
        keys = sessions[Operation.LIST].access
        signing = sessions[Operation.READ].signing
        assert isinstance(keys, SessionKeys)  # noqa: S101 (a lent access key is nothing else)
        assert signing is not None  # noqa: S101
        try:
            found = await self._capabilities.ask(bucket, subject.prefix, keys, signing)
        except (StorageDeniedError, BucketNotFoundError):
            return skipped("The prefix could not be listed: see the check `list`.")
        return judge_capabilities(found)

    def not_listed(
        self, subject: Subject, error: StorageDeniedError | BucketNotFoundError
    ) -> Finding:
        return explain_unlisted(self._grant_of(subject), error)

    def not_read(
        self, subject: Subject, denied: Sequence[StorageDeniedError], *, read: int, asked: int
    ) -> Finding:
        return explain_unread(self._grant_of(subject), denied, read=read, asked=asked)

    def not_signed(self, subject: Subject, status: int, code: str) -> Finding:
        del code
        grant = self._grant_of(subject)
        return failed(
            f"The store refuses a presigned URL with status {status}.",
            Cause(
                CauseKind.PRESIGNED_DENIED,
                _DENIES_PRESIGNED if grant.store is AWS else _CHANGES_REQUESTS,
                grant.documents(),
            ),
        )

    def cors(self, subject: Subject) -> Documents:
        document = self._store_of(subject).cors(subject.origins)
        return {} if document is None else {"cors": document}

    def cors_advice(self, subject: Subject) -> str:
        return self._store_of(subject).advise_cors(subject.bucket, subject.origins)

    def _grant_of(self, subject: Subject) -> AwsGrant:
        store = self._store_of(subject)
        return AwsGrant(_identity_of(subject), subject.bucket, subject.prefix, store)

    def _store_of(self, subject: Subject) -> StoreProfile:
        identity = _identity_of(subject)
        return self._stores.known(identity.endpoint) if isinstance(identity, AccessKey) else AWS


def _unknown_region() -> InvalidInputError:
    return InvalidInputError("The bucket's region could not be found out: give it.", field="region")


def _identity_of(subject: Subject) -> AwsIdentity:
    if not isinstance(subject.identity, AwsIdentity):
        raise TypeError("This identity is of another cloud.")
    return subject.identity
