"""Subjects: what a report is about, with the documents that its remedies show."""

from dataclasses import dataclass
from uuid import UUID

from services.credentials.issuers.base import AccessKey, Identity, OrganizationRole
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import (
    Document,
    bucket_policy,
    permission_policy,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A location, stored or only planned, and the identity that shall reach it."""

    org_id: UUID
    identity: Identity
    bucket: str
    prefix: str
    origins: tuple[str, ...]
    region: str | None

    @property
    def partition(self) -> str:
        """Return the AWS partition that ARNs of the bucket are in."""
        return "aws" if isinstance(self.identity, AccessKey) else self.identity.role_arn.partition

    def grants(self) -> dict[str, Document]:
        """Return the policy that must be on the customer's side, by the name it has in the kit."""
        if isinstance(self.identity, OrganizationRole):
            role_arn = str(self.identity.role_arn)
            document = bucket_policy(self.partition, self.bucket, self.prefix, role_arn)
            return {"bucket_policy": document}
        document = permission_policy(self.partition, self.bucket, self.prefix)
        return {"permission_policy": document}

    def cors(self) -> dict[str, Document]:
        """Return the CORS document for the location's origins."""
        return {"cors": cors_rules(self.origins)}
