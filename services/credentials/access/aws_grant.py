"""What an identity of AWS's must be granted on the customer's side, for one prefix."""

from dataclasses import dataclass

from services.credentials.access.cloud_access import Documents
from services.credentials.arns import KeyArn, parse_key_arn
from services.credentials.issuers.base import AccessKey, AwsIdentity, OrganizationRole
from services.credentials.setup.kms import kms_statements
from services.credentials.setup.policies import (
    STORE_PARTITION,
    Document,
    bucket_policy,
    permission_policy,
)
from services.credentials.setup.stores import AWS, StoreProfile
from shared.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class AwsGrant:
    """The grant. `store` is what kind of store it is that the identity reaches."""

    identity: AwsIdentity
    bucket: str
    prefix: str
    store: StoreProfile = AWS

    @property
    def is_narrowed(self) -> bool:
        """Say whether the customer can grant the prefix alone, and no more than reading."""
        return not isinstance(self.identity, AccessKey) or self.store.has_policies

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

    def exception(self) -> Documents:
        """Return the condition that keeps a Deny from us, for the statements that have it."""
        if isinstance(self.identity, AccessKey):
            return {}
        condition: Document = {
            "ArnNotEquals": {"aws:PrincipalArn": str(self.identity.role_arn)},
        }
        return {"deny_condition": condition}

    def decrypts(self, kms_key: str | None) -> Documents:
        """Return the statements with which the identity decrypts: its own, and the key's.

        `kms_key` is the key's ARN, None while it is not known. The name of an access key's user is
        never known, so that there is no statement of the key's for it.
        """
        if isinstance(self.identity, AccessKey):
            partition, principal_arn = STORE_PARTITION, None
        else:
            arn = self.identity.role_arn
            partition, principal_arn = arn.partition, str(arn)
        key = known_key(kms_key)
        keys = [] if key is None or key.partition != partition else [key]
        found = kms_statements(keys, self.bucket, self.prefix, principal_arn, partition=partition)
        if isinstance(self.identity, OrganizationRole):
            del found["kms_role_statement"]  # ours may decrypt whatever a key lets it
        return found


def known_key(kms_key: str | None) -> KeyArn | None:
    """Return the key if what a store calls so is one: it can be an alias, or anything."""
    if kms_key is None:
        return None
    try:
        return parse_key_arn(kms_key)
    except InvalidInputError:
        return None
