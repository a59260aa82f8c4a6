"""What AWS's refusals of a listing or a read mean, with the policies that mend them."""

from collections.abc import Sequence
from dataclasses import replace

from services.credentials.access.aws_diagnosis import KEY_CODES
from services.credentials.access.aws_evidence import evidence_of, read_evidence
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.browsers import UrlRefusal
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Confidence, Finding, failed, passed, skipped
from services.credentials.access.encryption import needs_kms
from services.credentials.access.objects import Sample, first_page, show_keys
from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    StorageDeniedError,
    StorageUnavailableError,
    WrongRegionError,
)
from shared.storage.base import ObjectStore

_KNOWN = passed("The store accepts the access key.")


async def knows_key(store: ObjectStore, prefix: str) -> Finding:
    """Ask the store anything: an access key that it accepts is an identity, whatever it may do."""
    try:
        await first_page(store, prefix, page_size=1)
    except StorageDeniedError as error:
        code = evidence_of(error).code
        if code == "RequestTimeTooSkewed":
            advice = "Let Mooring's machine take its time from a time server."
            return failed("The store's clock differs.", Cause(CauseKind.CLOCK_SKEW, advice))
        if code in KEY_CODES | {"SignatureDoesNotMatch"}:  # of a header, that is the secret
            advice = "Rotate the credential to keys that the store knows."
            return failed(
                "The store does not accept the access key.", Cause(CauseKind.KEY_REFUSED, advice)
            )
    except StorageUnavailableError as error:
        if evidence_of(error).code != "NotImplemented":  # of ListObjectsV2: see `capabilities`
            raise
    except (BrokenListingError, BucketNotFoundError, WrongRegionError):
        return _KNOWN  # it knew the key well enough to say so
    return _KNOWN


def explain_unlisted(
    remedies: AwsRemedies, uri: str, error: StorageDeniedError | BucketNotFoundError
) -> Finding:
    """Explain why the prefix cannot be listed."""
    if isinstance(error, BucketNotFoundError):
        return failed(error.detail, remedies.cause(CauseKind.BUCKET_ABSENT))
    causes = remedies.diagnose("list", evidence_of(error))
    return failed(f"The credential may not list {uri}.", *causes)


def explain_unsigned(remedies: AwsRemedies, refusal: UrlRefusal) -> Finding:
    """Explain why the store refuses a presigned URL for an object that can be read."""
    seen = read_evidence(refusal.code, refusal.message)
    if refusal.only_aged:
        return failed(
            "The store takes a presigned URL that was just signed, and refuses one of some minutes"
            f" ago with status {refusal.status}.",
            *remedies.diagnose("sign_aged", seen),
        )
    causes = remedies.diagnose("sign", seen)
    return failed(f"The store refuses a presigned URL with status {refusal.status}.", *causes)


def explain_unread(
    remedies: AwsRemedies, denied: Sequence[Sample], *, read: int, asked: int
) -> Finding:
    """Explain why samples cannot be read; those that wait for a KMS key are another check's."""
    others = [each for each in denied if not needs_kms(each)]
    share = f"{read} of {asked} sampled objects can be read"
    if not others:
        needing = f"{share}; the rest need a KMS key: see the check `encryption`."
        return passed(needing) if read else skipped(needing)
    names = show_keys([each.row.key for each in others])
    causes = _diagnose_all(remedies, others)
    return failed(f"{share}: access to others is denied, as {names}.", *causes)


def _diagnose_all(remedies: AwsRemedies, denied: Sequence[Sample]) -> Sequence[Cause]:
    """Return the causes of all that was denied, each once; none is certain where they differ."""
    seen = dict.fromkeys(evidence_of(each.error) for each in denied if each.error is not None)
    found: dict[CauseKind, Cause] = {}
    for evidence in seen:
        for cause in remedies.diagnose("read", replace(evidence, action="")):
            found.setdefault(cause.kind, cause)
    causes = list(found.values())
    if len(causes) == 1 or len(seen) == 1:
        return causes
    certain = Confidence.CERTAIN
    return [
        replace(each, confidence=Confidence.LIKELY) if each.confidence is certain else each
        for each in causes
    ]
