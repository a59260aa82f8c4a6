"""What a report must know of a cloud: its own questions, and its remedies for the common ones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.credentials.access.checks import Finding
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

    One that passes `by_refusals` proves nothing while everything is refused.
    """

    name: str
    ask: Callable[[], Awaitable[Finding]]
    by_refusals: bool = False


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

    def not_listed(
        self, subject: Subject, error: StorageDeniedError | BucketNotFoundError
    ) -> Finding:
        """Explain why the prefix cannot be listed: the check `list`, failed."""
        ...

    def not_read(
        self, subject: Subject, denied: Sequence[StorageDeniedError], *, read: int, asked: int
    ) -> Finding:
        """Explain why sampled objects cannot be read: the check `read`, failed."""
        ...

    def not_signed(self, subject: Subject, status: int, code: str) -> Finding:
        """Explain why the store refuses a presigned URL: the check `sign`, failed."""
        ...

    def cors(self, subject: Subject) -> Documents:
        """Return the CORS document for the location's origins, by its name in the setup kit."""
        ...

    def cors_advice(self, subject: Subject) -> str:
        """Say who does what with the CORS document, in a sentence."""
        ...
