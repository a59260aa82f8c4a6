"""What Cloud Storage's refusals of a listing or a read mean, with the bindings that mend them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed
from services.credentials.access.cloud_access import Documents
from services.credentials.access.objects import Sample, show_keys
from services.credentials.issuers.base import GcsIdentity, HmacKey
from services.credentials.setup.gcs_policies import READER_ROLE, bucket_binding
from shared.errors import BucketNotFoundError, StorageDeniedError


@dataclass(frozen=True, slots=True)
class GcsGrant:
    """What an identity must be granted: a binding of the bucket, for one prefix."""

    identity: GcsIdentity
    bucket: str
    prefix: str

    def documents(self) -> Documents:
        """Return the binding by the name that it has in the setup kit."""
        if isinstance(self.identity, HmacKey):
            return {}
        binding = bucket_binding(self.bucket, self.prefix, self.identity.email)
        return {"bucket_binding": binding}

    def advice(self) -> str:
        """Say how the bucket gets the binding."""
        if isinstance(self.identity, HmacKey):
            return (
                f"Give the service account that the HMAC key belongs to {READER_ROLE} on the "
                f"bucket {self.bucket}, as the setup kit's script does."
            )
        command = (
            f"gcloud storage buckets add-iam-policy-binding gs://{self.bucket} "
            f"--member=serviceAccount:{self.identity.email} --role={READER_ROLE}"
        )
        if not self.prefix:
            return f"Run: {command}"
        return (
            "Save the condition of `bucket_binding` as condition.json and run: "
            f"{command} --condition-from-file=condition.json"
        )


def explain_unlisted(grant: GcsGrant, error: StorageDeniedError | BucketNotFoundError) -> Finding:
    """Explain why the prefix cannot be listed."""
    if isinstance(error, BucketNotFoundError):
        advice = "Correct the bucket's name in the URI, or make the bucket."
        return failed(error.detail, Cause(CauseKind.BUCKET_ABSENT, advice))
    return failed(
        f"The credential may not list gs://{grant.bucket}/{grant.prefix}.",
        Cause(
            CauseKind.LIST_NOT_GRANTED,
            f"{grant.advice()} What was just granted can need a few minutes.",
            grant.documents(),
        ),
    )


def explain_unread(grant: GcsGrant, denied: Sequence[Sample], *, read: int, asked: int) -> Finding:
    """Explain why samples cannot be read; Cloud Storage does not say what denies them."""
    names = show_keys([each.row.key for each in denied])
    return failed(
        f"{read} of {asked} sampled objects can be read: access to others is denied, as {names}.",
        Cause(
            CauseKind.READ_NOT_GRANTED,
            f"{grant.advice()} If it is in place, look for a condition that leaves out some "
            "objects, and, without uniform bucket-level access, for the objects' own ACLs.",
            grant.documents(),
        ),
    )
