"""Checks of encryption: each KMS key among the samples, and who must let us use it."""

from collections.abc import Sequence

from services.credentials.access.aws_evidence import evidence_of
from services.credentials.access.aws_remedies import AwsRemedies
from services.credentials.access.checks import Finding, failed, passed, skipped
from services.credentials.access.objects import Sample, show_keys


def needs_kms(sample: Sample) -> bool:
    """Say whether a sample was refused for its KMS key."""
    return sample.error is not None and sample.is_denied and evidence_of(sample.error).is_of_kms


def judge_encryption(
    remedies: AwsRemedies, samples: Sequence[Sample]
) -> list[tuple[str | None, Finding]]:
    """Return a finding for each KMS key, by its ARN, and for those that are not told."""
    tried = [each for each in samples if each.error is None or needs_kms(each)]
    if not tried:
        return [(None, skipped("No object could be read: see the check `read`."))]
    keys = list(dict.fromkeys(each.kms_key for each in tried if each.kms_key or needs_kms(each)))
    if not keys:
        return [(None, passed("No object that was sampled needs a KMS key."))]
    return [
        (key, _judge_key(remedies, key, [each for each in tried if each.kms_key == key]))
        for key in keys
    ]


def _judge_key(remedies: AwsRemedies, key: str | None, samples: Sequence[Sample]) -> Finding:
    refused = [each for each in samples if needs_kms(each)]
    name = "a KMS key" if key is None else f"the KMS key {key}"
    if not refused:
        noun = "object" if len(samples) == 1 else "objects"
        return passed(f"{len(samples)} sampled {noun} that {name} encrypts can be read.")
    error = refused[0].error
    assert error is not None  # noqa: S101 (that is what refused means)
    causes = remedies.diagnose("encryption", evidence_of(error), kms_key=key)
    return failed(
        f"{len(refused)} of {len(samples)} sampled objects that {name} encrypts cannot be read, as"
        f" {show_keys([each.row.key for each in refused])}: the credential may not decrypt.",
        *causes,
    )
