"""Roles of our own account, one for each organization that grants access by its bucket policy."""

import json
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from services.credentials.arns import PrincipalArn, RoleArn
from services.credentials.issuers.clients import AwsClients
from services.credentials.issuers.refusals import cloud_error, code_of
from services.credentials.setup.policies import (
    LIST_ACTIONS,
    READ_ACTIONS,
    Document,
    decrypt_statement,
    policy,
    trust_policy,
)
from shared.errors import CloudIdentityError

ROLE_PATH = "/mooring/"
ROLE_PREFIX = "mooring-"
POLICY_NAME = "mooring-reads"
LONGEST_SESSION = 43_200  # seconds; STS's own maximum


class OrganizationRoles:
    """Make the role of an organization and keep its policies as they should be."""

    def __init__(self, clients: AwsClients, principal: PrincipalArn | None) -> None:
        self._clients = clients
        self._principal = principal

    async def keep(self, org_id: UUID) -> RoleArn:
        """Return the organization's role, made or mended; raise CloudIdentityError.

        It is never deleted and made again, for a bucket policy that names it would then name
        nothing (IAM User Guide, "AWS JSON policy elements: Principal").
        """
        ours = self._principal
        if ours is None:
            raise CloudIdentityError(
                "Mooring has no AWS identity: the operator must set MOORING_AWS_PRINCIPAL_ARN."
            )
        arn = RoleArn(ours.partition, ours.account, ROLE_PATH, f"{ROLE_PREFIX}{org_id}")
        # The organization's id as ExternalId: a mistake of ours with another organization's
        # credential cannot open this role.
        trust = json.dumps(trust_policy(str(ours), str(org_id)))
        reading = json.dumps(reading_policy(ours.partition, ours.account))
        try:
            await self._make(arn.name, org_id, trust, reading)
        except (ClientError, BotoCoreError) as error:
            raise cloud_error(error, _denied()) from error
        return arn

    async def _make(self, name: str, org_id: UUID, trust: str, reading: str) -> None:
        iam = await self._clients.iam()
        try:
            await iam.create_role(
                RoleName=name,
                Path=ROLE_PATH,
                AssumeRolePolicyDocument=trust,
                Description=f"Mooring reads for its organization {org_id}.",
                MaxSessionDuration=LONGEST_SESSION,
            )
        except ClientError as error:
            if code_of(error) != "EntityAlreadyExists":
                raise
            await iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        await iam.put_role_policy(RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=reading)


def reading_policy(partition: str, account: str) -> Document:
    """Let the role read whatever a bucket of another account lets it.

    There the bucket's policy says what that is. In our own `account` this policy alone would open
    every bucket and key to every organization ("Cross-account policy evaluation logic", IAM User
    Guide).
    """
    elsewhere: Document = {"StringNotEquals": {"aws:ResourceAccount": account}}
    reads: Document = {
        "Effect": "Allow",
        "Action": [*LIST_ACTIONS, *READ_ACTIONS],
        "Resource": "*",
        "Condition": elsewhere,
    }
    return policy(reads, decrypt_statement(partition, elsewhere))


def _denied() -> CloudIdentityError:
    return CloudIdentityError(
        "Mooring's AWS identity may not make the organization's role: the operator must allow it "
        "iam:CreateRole, iam:UpdateAssumeRolePolicy and iam:PutRolePolicy on role/mooring/*."
    )
