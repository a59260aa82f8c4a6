"""What reports ask of Cloud Storage: is the bucket there, whom does a pool let in, what for."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from uuid import uuid4

import httpx

from services.credentials.access.aws_refusals import knows_key
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed, warning
from services.credentials.access.cloud_access import (
    Documents,
    Judgement,
    Place,
    Question,
    Sessions,
)
from services.credentials.access.gcs_refusals import (
    GcsGrant,
    explain_unlisted,
    explain_unread,
)
from services.credentials.access.gcs_rights import GcsRights, RightsSubject
from services.credentials.access.objects import ReadSample, Sample, open_reader
from services.credentials.access.probes import Probes
from services.credentials.access.subjects import Subject
from services.credentials.issuers.base import (
    FederatedServiceAccount,
    GcsIdentity,
    HmacKey,
    Issuer,
    OrganizationServiceAccount,
    Reach,
    ServiceAccountKey,
    Session,
)
from services.credentials.issuers.google_signatures import GoogleSignatures
from services.credentials.issuers.google_tokens import GoogleTokens
from services.credentials.oidc import no_issuer
from services.credentials.setup.gcs_kit import impersonator_binding, provider_document
from services.credentials.setup.gcs_policies import gcs_cors_rules
from shared.egress import EgressGuard
from shared.errors import (
    BucketNotFoundError,
    EndpointNotAllowedError,
    StorageDeniedError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import ANY_REGION, Bucket, Operation
from shared.storage.open import open_store
from shared.storage.signing.gcs import gcs_bucket_url

_CLOCK = {"ExpiredToken", "RequestTimeTooSkewed"}
_AT_MOST_ONE = {"list-type": "2", "max-keys": "1"}


class GcsAccess:
    """Ask and advise for the methods of Cloud Storage (see CloudAccess)."""

    def __init__(
        self,
        issuer: Issuer[GcsIdentity],
        tokens: GoogleTokens,
        signatures: GoogleSignatures,
        rights: GcsRights,
        probes: Probes,
        *,
        egress: EgressGuard,
        oidc_issuer: str | None,
    ) -> None:
        self._issuer = issuer
        self._tokens = tokens
        self._signatures = signatures
        self._rights = rights
        self._probes = probes
        self._egress = egress
        self._oidc_issuer = oidc_issuer

    async def locate(self, subject: Subject) -> Place:
        bucket = self.guess(subject)
        try:
            await self._require_bucket(bucket)
        except BucketNotFoundError as error:
            advice = "Correct the bucket's name in the URI, or make the bucket."
            return Place(failed(error.detail, Cause(CauseKind.BUCKET_ABSENT, advice)))
        if subject.region not in {None, ANY_REGION}:
            return Place(
                warning("The bucket exists; in Cloud Storage its region is not used."), bucket
            )
        return Place(passed("The bucket exists."), bucket)

    def guess(self, subject: Subject) -> Bucket:
        return self._issuer.bucket(_identity_of(subject), subject.bucket, ANY_REGION)

    async def recognize(self, subject: Subject, bucket: Bucket, sessions: Sessions) -> Finding:
        identity = _identity_of(subject)
        if isinstance(identity, HmacKey):
            access = sessions[Operation.LIST].access
            async with open_store(bucket, access, egress=self._egress) as store:
                return await knows_key(store, subject.prefix)
        return passed(f"Mooring can act as {identity.email}.")

    async def explain_refusal(self, subject: Subject, error: StorageDeniedError) -> Finding:
        match _identity_of(subject):
            case FederatedServiceAccount() as account:
                advice = "Run the setup kit's script, or make these two as they stand."
                documents = self._federation(subject, account)
                return failed(error.detail, Cause(CauseKind.IMPERSONATION, advice, documents))
            case ServiceAccountKey() as key:
                advice = (
                    f"Make a new key: gcloud iam service-accounts keys create key.json "
                    f"--iam-account={key.email} Then rotate the credential to it."
                )
                return failed(error.detail, Cause(CauseKind.KEY_REFUSED, advice))
            case OrganizationServiceAccount() | HmacKey():
                raise error

    def ask_isolation(self, subject: Subject, bucket: Bucket) -> Question | None:
        """Ask for the method whose account a customer names: the others are nobody else's."""
        del bucket
        identity = _identity_of(subject)
        if not isinstance(identity, FederatedServiceAccount):
            return None
        ask = partial(self._subject_enforced, subject, identity)
        return Question("subject_enforced", ask, by_refusals=True)

    def why_barred(self, subject: Subject) -> str:
        del subject
        return (
            "Nothing is asked through a service account that every organization of Mooring may act "
            "as: see the check `subject_enforced`."
        )

    def ask_rights(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Sequence[Question]:
        del sessions  # they are narrowed: what they may do is not all that the account may
        reach = Reach(bucket, subject.prefix, Operation.LIST)
        asked = RightsSubject(subject.org_id, _grant_of(subject), reach, subject.granted)
        return [
            Question("permissions", partial(self._rights.permissions, asked), thorough=True),
            Question("requester_pays", partial(self._rights.requester_pays, asked)),
            Question("uniform_access", partial(self._rights.uniform_access, asked), thorough=True),
        ]

    def ask_details(
        self, subject: Subject, bucket: Bucket, sessions: Sessions, *, is_listed: bool
    ) -> Sequence[Question]:
        del subject, bucket, sessions, is_listed
        return ()

    def open_reader(
        self, bucket: Bucket, session: Session
    ) -> AbstractAsyncContextManager[ReadSample]:
        return open_reader(bucket, session.access, self._egress)

    async def not_listed(
        self,
        subject: Subject,
        bucket: Bucket,
        session: Session,
        error: StorageDeniedError | BucketNotFoundError,
    ) -> Finding:
        del bucket, session
        return explain_unlisted(_grant_of(subject), error)

    def not_read(
        self, subject: Subject, denied: Sequence[Sample], *, read: int, asked: int
    ) -> Finding:
        return explain_unread(_grant_of(subject), denied, read=read, asked=asked)

    def judge_samples(self, subject: Subject, samples: Sequence[Sample]) -> Sequence[Judgement]:
        del subject, samples
        return ()

    def not_signed(self, subject: Subject, refusal: UrlRefusal) -> Finding:
        sentence = f"The store refuses a presigned URL with status {refusal.status}."
        if refusal.code in _CLOCK:
            remedy = Cause(CauseKind.CLOCK_SKEW, "Mooring's clock is wrong: correct it.")
            return failed(sentence, remedy)
        return failed(
            sentence,
            Cause(
                CauseKind.RESTRICTED_AUTH,
                "When the check `read` has passed, look for what refuses signed requests: the "
                "organization policy storage.restrictAuthTypes, an IP filter of the bucket, or a "
                "perimeter of VPC Service Controls.",
                _grant_of(subject).documents(),
            ),
        )

    def cors(self, subject: Subject) -> Documents:
        return {"cors": gcs_cors_rules(subject.origins)}

    def cors_advice(self, subject: Subject) -> str:
        return (
            "Save the list in `cors` as cors.json and run: gcloud storage buckets update "
            f"gs://{subject.bucket} --cors-file=cors.json It replaces the rules that the bucket "
            "has: add those that shall stay."
        )

    async def _subject_enforced(
        self, subject: Subject, account: FederatedServiceAccount
    ) -> Finding:
        """Try to act as the account, and to sign as it, for an organization that does not exist."""
        stranger = uuid4()
        is_open = await self._tokens.is_open(stranger, account)
        if not is_open and not await self._signatures.is_open(stranger, account):
            return passed(
                "The service account refuses a token and a signature for another organization."
            )
        return failed(
            f"Mooring can act as {account.email} for any organization, so another customer of "
            "Mooring could name it as theirs and reach this bucket.",
            Cause(
                CauseKind.SUBJECT_NOT_ENFORCED,
                "Set the provider's attribute condition, and let only this subject create tokens "
                "of the service account and sign as it.",
                self._federation(subject, account),
            ),
        )

    def _federation(self, subject: Subject, account: FederatedServiceAccount) -> Documents:
        if self._oidc_issuer is None:
            raise no_issuer()
        return {
            "workload_provider": provider_document(account, subject.org_id, self._oidc_issuer),
            "service_account_binding": impersonator_binding(account, subject.org_id),
        }

    async def _require_bucket(self, bucket: Bucket) -> None:
        """Ask as a stranger, who is told that a bucket does not exist, and else is refused."""
        http = self._probes.client_for(bucket)
        try:
            answer = await http.get(gcs_bucket_url(bucket), params=_AT_MOST_ONE)
        except EndpointNotAllowedError as error:
            raise StorageUnavailableError(error.detail) from error
        except httpx.TransportError as error:
            raise StorageUnavailableError("The object store cannot be reached.") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise BucketNotFoundError("The bucket does not exist.")
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise StorageThrottledError("The object store asks us to slow down.")
        if httpx.codes.is_server_error(answer.status_code):
            raise StorageUnavailableError("The object store fails on its side.")


def _identity_of(subject: Subject) -> GcsIdentity:
    if not isinstance(subject.identity, GcsIdentity):
        raise TypeError("This identity is of another cloud.")
    return subject.identity


def _grant_of(subject: Subject) -> GcsGrant:
    return GcsGrant(_identity_of(subject), subject.bucket, subject.prefix)
