"""Samples of a bucket on S3: read with the headers that say which KMS key an object needs."""

from services.credentials.access.aws_evidence import evidence_of
from services.credentials.access.objects import ReadSample, Sample
from services.credentials.access.signed_questions import SignedQuestions
from shared.errors import StorageError
from shared.storage.base import ObjectRow

_KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def s3_reader(questions: SignedQuestions) -> ReadSample:
    """Return what reads samples with these questions' keys."""

    async def read(row: ObjectRow) -> Sample:
        try:
            reply = await questions.read_byte(row.key, {})
        except StorageError as error:
            return Sample(row, error)
        if reply.is_success:
            return Sample(row, None, reply.headers.get(_KMS_KEY))
        refusal = reply.refusal()
        return Sample(row, refusal, evidence_of(refusal).key_arn)

    return read
