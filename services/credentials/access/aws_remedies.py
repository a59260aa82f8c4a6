"""Remedies for S3: what is done about each cause, with the exact documents."""

from services.credentials.access.aws_diagnosis import diagnose
from services.credentials.access.aws_evidence import Evidence
from services.credentials.access.aws_grant import AwsGrant, known_key
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Confidence
from services.credentials.access.cloud_access import Documents
from services.credentials.setup.stores import AWS

_TEXTS = {
    CauseKind.BUCKET_ABSENT: "Correct the bucket's name in the URI, or make the bucket.",
    CauseKind.CLOCK_SKEW: "Let Mooring's machine take its time from a time server.",
    CauseKind.SESSION_EXPIRED: "Verify again.",
    CauseKind.KEY_REFUSED: "Rotate the credential to keys that the store knows.",
    CauseKind.ARCHIVED: "Restore the objects, or leave them out of imports.",
    CauseKind.REQUEST_CHANGED: (
        "Look for a proxy before the store that changes the Host header, the path or the query."
    ),
    CauseKind.SIGNATURE_AGE: (
        "Find the statement with Effect Deny and a condition on s3:signatureAge in the bucket's"
        " policy, and add this condition to it, or allow signatures of 12 hours (43200000)."
    ),
    CauseKind.PRESIGNED_DENIED: (
        "Find the statement with Effect Deny and a condition on s3:authType in the bucket's policy,"
        " and add this condition to it."
    ),
    CauseKind.DENIED_BY_BUCKET: (
        "Find the statement with Effect Deny in the bucket's policy, often with a condition on"
        " aws:SourceIp, aws:SourceVpce or aws:PrincipalArn, and add this condition to it."
    ),
    CauseKind.DENIED_BY_ROLE: (
        "Find the statement with Effect Deny in the policies of the role or user and of its groups,"
        " and take it away, or add this condition to it."
    ),
    CauseKind.DENIED_ABOVE: (
        "Let whoever runs the AWS organization look for what denies it to the role: a service or"
        " resource control policy, a permissions boundary, or the policy of a VPC endpoint."
    ),
    CauseKind.OBJECT_OWNER: (
        "Set the bucket's Object Ownership to 'Bucket owner enforced': `aws s3api"
        " put-bucket-ownership-controls --bucket {bucket} --ownership-controls"
        " 'Rules=[{{ObjectOwnership=BucketOwnerEnforced}}]'`"
    ),
    CauseKind.OTHER_OWNER: (
        "Make sure that the bucket {bucket} is yours: `aws s3api get-bucket-acl --bucket {bucket}`."
        " If it is another account's of yours, let its policy grant the role the same."
    ),
    CauseKind.REQUESTER_PAYS: (
        "Run: `aws s3api put-bucket-request-payment --bucket {bucket}"
        " --request-payment-configuration Payer=BucketOwner`"
    ),
    CauseKind.KMS_ROLE: (
        "Add `kms_role_statement` to the role's policy, and `kms_key_policy_statement` to the"
        " policy of the KMS key unless that lets the account's own policies decide."
    ),
    CauseKind.KMS_KEY_POLICY: (
        "Add `kms_key_policy_statement` to the policy of the KMS key, and `kms_role_statement` to"
        " the role's policy."
    ),
    CauseKind.KMS_DENIED: (
        "Find the statement with Effect Deny in the KMS key's policy, and add this condition to it."
    ),
    CauseKind.KMS_KEY_DISABLED: "Run: `aws kms enable-key {key}`",
    CauseKind.KMS_KEY_DELETED: (
        "Run: `aws kms cancel-key-deletion {key}` and `aws kms enable-key {key}`. What was"
        " encrypted with a key that is gone already cannot be read any more: leave it out of"
        " imports."
    ),
    CauseKind.KMS_MANAGED_KEY: (
        "Encrypt the objects with a key of your own, since nobody can change the policy of aws/s3;"
        " copying an object onto itself is enough."
    ),
    CauseKind.UNKNOWN: "Compare the bucket's side with the setup kit, then verify again.",
}
_GRANTED = {
    CauseKind.LIST_NOT_GRANTED,
    CauseKind.READ_NOT_GRANTED,
    CauseKind.VERSIONS_NOT_LISTED,
}
_REDUCED = {
    CauseKind.LISTS_OUTSIDE,
    CauseKind.READS_OUTSIDE,
    CauseKind.LISTS_BUCKETS,
    CauseKind.MAY_CHANGE,
}
_EXCEPTED = {
    CauseKind.PRESIGNED_DENIED,
    CauseKind.SIGNATURE_AGE,
    CauseKind.DENIED_BY_BUCKET,
    CauseKind.DENIED_BY_ROLE,
    CauseKind.KMS_DENIED,
}
_DECRYPTS = {CauseKind.KMS_ROLE, CauseKind.KMS_KEY_POLICY}
_KMS = {
    CauseKind.KMS_ROLE,
    CauseKind.KMS_KEY_POLICY,
    CauseKind.KMS_DENIED,
    CauseKind.KMS_KEY_DISABLED,
    CauseKind.KMS_KEY_DELETED,
    CauseKind.KMS_MANAGED_KEY,
}
_AWS_ONLY = {CauseKind.DENIED_ABOVE, CauseKind.OTHER_OWNER, CauseKind.OBJECT_OWNER}


class AwsRemedies:
    """Fill remedies with what one location is granted."""

    def __init__(self, grant: AwsGrant) -> None:
        self._grant = grant

    def diagnose(
        self, check: str, seen: Evidence, *, kms_key: str | None = None
    ) -> tuple[Cause, ...]:
        """Return the causes that fit what a check met, the likeliest first.

        `kms_key` is the ARN of the key that the check is about.
        """
        found = [
            self.cause(kind, how_sure, kms_key=kms_key)
            for kind, how_sure in diagnose(check, seen)
            if self._exists(kind)
        ]
        return tuple(found) or (self.cause(CauseKind.UNKNOWN, Confidence.POSSIBLE),)

    def _exists(self, kind: CauseKind) -> bool:
        """Say whether the store has what is suspected: only AWS has accounts above a bucket."""
        store = self._grant.store
        if kind in _KMS:
            return store.has_kms
        if kind in _AWS_ONLY:
            return store is AWS
        return kind not in _EXCEPTED or store.has_policies

    def cause(
        self,
        kind: CauseKind,
        how_sure: Confidence = Confidence.CERTAIN,
        *,
        kms_key: str | None = None,
    ) -> Cause:
        """Return the cause with what mends it here."""
        return Cause(kind, self._text(kind, kms_key), self._documents(kind, kms_key), how_sure)

    def _text(self, kind: CauseKind, kms_key: str | None) -> str:
        if kind in _GRANTED:
            return self._grant.advice()
        if kind in _REDUCED:
            return (
                f"{self._grant.advice()} Take away whatever else allows more: other policies of the"
                " role or user, of its groups, and of the bucket."
            )
        return _TEXTS[kind].format(bucket=self._grant.bucket, key=_name_key(kms_key))

    def _documents(self, kind: CauseKind, kms_key: str | None) -> Documents:
        if kind in _GRANTED | _REDUCED:
            return self._grant.documents()
        if kind in _EXCEPTED:
            return self._grant.exception()
        return self._grant.decrypts(kms_key) if kind in _DECRYPTS else {}


def _name_key(kms_key: str | None) -> str:
    """Return the options with which the CLI finds a key, in whatever region it is."""
    key = known_key(kms_key)
    return "--key-id KEY_ARN" if key is None else f"--key-id {key} --region {key.region}"
