"""What AWS's refusals of a listing or a read mean, with the policies that mend them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, failed, passed
from services.credentials.access.cloud_access import Documents
from services.credentials.access.objects import first_page
from services.credentials.issuers.base import AccessKey, AwsIdentity, OrganizationRole
from services.credentials.setup.policies import (
    Document,
    bucket_policy,
    name_statement,
    permission_policy,
)
from services.credentials.setup.stores import AWS, StoreProfile
from shared.errors import (
    BrokenListingError,
    BucketNotFoundError,
    StorageDeniedError,
    StorageError,
    StorageUnavailableError,
    WrongRegionError,
)
from shared.storage.base import ObjectStore

_KNOWN = passed("The store accepts the access key.")
_KEY_REFUSED = {
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "NotSignedUp",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedAccess",
}


@dataclass(frozen=True, slots=True)
class AwsGrant:
    """What an identity must be granted: the policy on the customer's side, for one prefix.

    `store` is what kind of store it is that the identity reaches.
    """

    identity: AwsIdentity
    bucket: str
    prefix: str
    store: StoreProfile = AWS

    def documents(self) -> Documents:
        """Return the policy, if the store has any, by the name that it has in the setup kit."""
        if isinstance(self.identity, AccessKey):
            document = self.store.policy(self.bucket, self.prefix)
            return {} if document is None else {"permission_policy": document}
        if isinstance(self.identity, OrganizationRole):
            arn = self.identity.role_arn
            document = bucket_policy(arn.partition, self.bucket, self.prefix, str(arn))
            return {"bucket_policy": document}
        partition = self.identity.role_arn.partition
        return {"permission_policy": permission_policy(partition, self.bucket, self.prefix)}

    def advice(self) -> str:
        """Say where the policy goes."""
        if isinstance(self.identity, AccessKey):
            return self.store.advise_rights(self.bucket)
        if isinstance(self.identity, OrganizationRole):
            return f"Add these statements to the policy of the bucket {self.bucket}."
        return f"Give the role {self.identity.role_arn} this permission policy."


async def knows_key(store: ObjectStore, prefix: str) -> Finding:
    """Ask the store anything: an access key that it accepts is an identity, whatever it may do."""
    try:
        await first_page(store, prefix, page_size=1)
    except StorageDeniedError as error:
        if _code(error) in _KEY_REFUSED:
            return failed(
                "The store does not accept the access key.",
                Cause(CauseKind.KEY_REFUSED, "Rotate the credential to keys that the store knows."),
            )
    except StorageUnavailableError as error:
        if _code(error) != "NotImplemented":  # of ListObjectsV2: see the check `capabilities`
            raise
    except (BrokenListingError, BucketNotFoundError, WrongRegionError):
        return _KNOWN  # it knew the key well enough to say so
    return _KNOWN


def explain_unlisted(grant: AwsGrant, error: StorageDeniedError | BucketNotFoundError) -> Finding:
    """Explain why the prefix cannot be listed."""
    if isinstance(error, BucketNotFoundError):
        advice = "Correct the bucket's name in the URI, or make the bucket."
        return failed(error.detail, Cause(CauseKind.BUCKET_ABSENT, advice))
    return failed(
        f"The credential may not list s3://{grant.bucket}/{grant.prefix}.",
        Cause(CauseKind.LIST_NOT_GRANTED, grant.advice(), grant.documents()),
    )


def explain_unread(
    grant: AwsGrant, denied: Sequence[StorageDeniedError], *, read: int, asked: int
) -> Finding:
    """Explain why samples cannot be read: a policy, or a KMS key where there are any."""
    share = f"{read} of {asked} sampled objects can be read"
    if not grant.store.has_kms:
        return failed(
            f"{share}: access to the rest is denied.",
            Cause(
                CauseKind.READ_NOT_GRANTED,
                f"{grant.advice()} If it is in place, another policy or an access list of the"
                " bucket or of its objects denies it.",
                grant.documents(),
            ),
        )
    if any(_names_kms(error) for error in denied):
        return failed(
            f"{share}: the rest are encrypted with a KMS key that the credential may not use.",
            Cause(
                CauseKind.KMS_KEY_POLICY,
                "Allow kms:Decrypt in the key's policy, and in the role's where it is another "
                "account's key. The key is the object's "
                "x-amz-server-side-encryption-aws-kms-key-id.",
                {**grant.documents(), **_kms_statement(grant.identity)},
            ),
        )
    return failed(
        f"{share}: access to the rest is denied.",
        Cause(
            CauseKind.READ_NOT_GRANTED,
            f"{grant.advice()} If it is in place, the objects may be encrypted with a KMS key that"
            " the credential may not use, or belong to another account than the bucket.",
            {**grant.documents(), **_kms_statement(grant.identity)},
        ),
    )


def _kms_statement(identity: AwsIdentity) -> dict[str, Document]:
    if isinstance(identity, AccessKey):
        return {}
    role_arn = str(identity.role_arn)
    decrypts: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    statement = name_statement("MooringDecrypts", role_arn, decrypts)
    return {"kms_key_policy_statement": statement}


def _code(error: StorageError) -> str:
    return str(_told(error).get("Code") or "")


def _names_kms(error: StorageDeniedError) -> bool:
    """S3 says AccessDenied for the key as for the object; only its text tells which."""
    told = _told(error)
    return "kms" in f"{told.get('Code')} {told.get('Message')}".lower()


def _told(error: StorageError) -> Mapping[str, object]:
    """Return the store's own words, which are looked at and not shown."""
    answer = error.__cause__
    return answer.response.get("Error", {}) if isinstance(answer, ClientError) else {}
