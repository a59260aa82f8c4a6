"""What an identity of AWS's must be granted on the customer's side, for one prefix."""

from dataclasses import dataclass

from services.credentials.access.cloud_access import Documents
from services.credentials.issuers.base import AccessKey, AwsIdentity, OrganizationRole
from services.credentials.setup.policies import (
    Document,
    bucket_policy,
    decrypt_statement,
    name_statement,
    permission_policy,
)
from services.credentials.setup.stores import AWS, StoreProfile


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
        """Return the statements with which the role decrypts: its own, and the key's.

        `kms_key` is the key's ARN, None while it is not known.
        """
        if isinstance(self.identity, AccessKey):
            return {}
        role_arn = self.identity.role_arn
        decrypts: Document = {
            **decrypt_statement(role_arn.partition),
            "Resource": kms_key or "*",
        }
        lets_in: Document = {**decrypts, "Principal": {"AWS": str(role_arn)}, "Resource": "*"}
        about = f"{role_arn} {self.bucket}/{self.prefix}"
        return {
            "kms_role_statement": name_statement("MooringDecrypts", about, decrypts),
            "kms_key_policy_statement": name_statement("MooringDecrypts", about, lets_in),
        }
