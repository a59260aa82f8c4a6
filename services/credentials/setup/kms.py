"""KMS: what a role and a key must allow, so that S3 decrypts the objects of one prefix for us."""

from collections.abc import Sequence

from pydantic import JsonValue

from services.credentials.arns import KeyArn
from services.credentials.setup.policies import (
    Document,
    dns_suffix,
    escape_pattern,
    name_statement,
)
from shared.errors import InvalidInputError

MOST_KEYS = 20  # given at once: far more than one bucket needs, and few enough for one policy


def kms_statements(
    keys: Sequence[KeyArn],
    bucket: str,
    prefix: str,
    principal_arn: str | None,
    *,
    partition: str,
) -> dict[str, Document]:
    """Return the statements for the keys of a location, by the names that they have.

    `kms_role_statement` is for a policy of the role or user that reads. `kms_key_policy_statement`
    lets the principal in and is for the policy of each of the keys; it is not there without a
    principal. With no keys, which is while they are not known, any key will do.

    Both let S3 decrypt for who may read and nobody decrypt otherwise ("kms:ViaService", KMS
    Developer Guide), and only what is below the prefix: the encryption context is the ARN of the
    object, or of the bucket where S3 Bucket Keys are on ("Reducing the cost of SSE-KMS with Amazon
    S3 Bucket Keys", S3 User Guide).

    Raise InvalidInputError (field `kms_key_arn`) for keys that cannot be the bucket's: S3 takes
    those of its own region alone.
    """
    condition = _condition(keys, bucket, prefix, partition)
    named = [str(key) for key in keys] or ["*"]
    place = f"{bucket}/{prefix}"
    decrypts: Document = {"Effect": "Allow", "Action": "kms:Decrypt"}
    role_statement = name_statement(
        "MooringDecrypts",
        f"{place} {' '.join(named)}",
        {
            **decrypts,
            "Resource": named[0] if len(named) == 1 else [*named],
            "Condition": condition,
        },
    )
    if principal_arn is None:
        return {"kms_role_statement": role_statement}
    key_statement = name_statement(
        "MooringDecrypts",
        f"{principal_arn} {place}",
        {
            **decrypts,
            "Principal": {"AWS": principal_arn},
            "Resource": "*",  # in a key's policy that key alone
            "Condition": condition,
        },
    )
    return {"kms_role_statement": role_statement, "kms_key_policy_statement": key_statement}


def _condition(keys: Sequence[KeyArn], bucket: str, prefix: str, partition: str) -> Document:
    objects = f"arn:{partition}:s3:::{bucket}/{escape_pattern(prefix)}*"
    context: dict[str, JsonValue] = {
        "kms:EncryptionContext:aws:s3:arn": [objects, f"arn:{partition}:s3:::{bucket}"]
    }
    regions = {key.region for key in keys}
    if len(regions) > 1 or any(key.partition != partition for key in keys):
        raise InvalidInputError(
            "The KMS keys of a bucket are all of its own region.", field="kms_key_arn"
        )
    if not regions:
        service = f"s3.*.{dns_suffix(partition)}"
        return {"StringLike": {"kms:ViaService": service, **context}}
    service = f"s3.{regions.pop()}.{dns_suffix(partition)}"
    return {"StringEquals": {"kms:ViaService": service}, "StringLike": context}
