"""What a report must know of a cloud: its own questions, and its remedies for the common ones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.checks import Finding
from services.credentials.access.objects import ReadSample, Sample
from services.credentials.access.subjects import Subject
from services.credentials.issuers.base import Session
from services.credentials.setup.policies import Document
from shared.errors import AppError, BucketNotFoundError, StorageDeniedError
from shared.leases import Bucket, Operation

Sessions = Mapping[Operation, Session]
Documents = dict[str, Document]


@dataclass(frozen=True, slots=True)
class Question:
    """A check of this name, and what asks it.

    One that passes `by_refusals` proves nothing while everything is refused, and one that
    `needs_bucket` nothing while there is none. A `thorough` one is left out of a quick look.
    """

    name: str
    ask: Callable[[], Awaitable[Finding]]
    by_refusals: bool = False
    needs_bucket: bool = True
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check of this name found out about `about`, or at all, without asking more."""

    name: str
    about: str | None
    finding: Finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is, and what the check `region` found.

    Without a bucket, `error` is what a request answers that cannot do without.
    """

    finding: Finding
    bucket: Bucket | None = None
    error: AppError | None = None


class CloudAccess(Protocol):
    """Ask and advise as one cloud needs it. What a question raises becomes its finding."""

    async def locate(self, subject: Subject) -> Place:
        """Find the bucket without the credential, as far as the cloud tells strangers."""
        ...

    def guess(self, subject: Subject) -> Bucket:
        """Say how the bucket would be addressed while it is not located."""
        ...

    async def recognize(self, subject: Subject, bucket: Bucket, sessions: Sessions) -> Finding:
        """Judge the identity by the sessions that it got: the check `identity`."""
        ...

    async def explain_refusal(self, subject: Subject, error: StorageDeniedError) -> Finding:
        """Explain why the identity got no session: the check `identity`, failed."""
        ...

    def ask_isolation(self, subject: Subject, bucket: Bucket) -> Question | None:
        """Ask whether another organization could reach the bucket by naming the same identity.

        While that is not refuted, or skipped since it cannot be, a report is not valid and asks
        nothing that would reveal the bucket.
        """
        ...

    def why_barred(self, subject: Subject) -> str:
        """Say, as a sentence, why nothing more is asked when isolation was not proved."""
        ...

    def ask_rights(
        self, subject: Subject, bucket: Bucket, sessions: Sessions
    ) -> Sequence[Question]:
        """Ask what the sessions may do, beside the listing, and what only this cloud has."""
        ...

    def ask_details(
        self, subject: Subject, bucket: Bucket, sessions: Sessions, *, is_listed: bool
    ) -> Sequence[Question]:
        """Ask what can be asked when it is known whether the prefix could be listed."""
        ...

    def open_reader(
        self, bucket: Bucket, session: Session
    ) -> AbstractAsyncContextManager[ReadSample]:
        """Open what reads samples with a session to READ."""
        ...

    async def not_listed(
        self,
        subject: Subject,
        bucket: Bucket,
        session: Session,
        error: StorageDeniedError | BucketNotFoundError,
    ) -> Finding:
        """Explain why the prefix cannot be listed with a session: the check `list`."""
        ...

    def not_read(
        self, subject: Subject, denied: Sequence[Sample], *, read: int, asked: int
    ) -> Finding:
        """Explain why sampled objects cannot be read: the check `read`."""
        ...

    def judge_samples(self, subject: Subject, samples: Sequence[Sample]) -> Sequence[Judgement]:
        """Judge what only this cloud tells of objects that were read, or refused."""
        ...

    def not_signed(self, subject: Subject, refusal: UrlRefusal) -> Finding:
        """Explain why the store refuses a presigned URL: the check `sign`, failed."""
        ...

    def cors(self, subject: Subject) -> Documents:
        """Return the CORS document for the location's origins, by its name in the setup kit."""
        ...

    def cors_advice(self, subject: Subject) -> str:
        """Say who does what with the CORS document, in a sentence."""
        ...
