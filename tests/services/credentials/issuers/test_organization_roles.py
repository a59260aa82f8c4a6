"""Roles of organizations: made once, mended after, open to their own organization only."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from botocore.exceptions import ClientError

from deploy.local.clouds.aws import AwsCloud, Keys
from services.credentials.arns import parse_principal_arn
from services.credentials.issuers.base import OrganizationRole
from services.credentials.issuers.clients import AwsClients
from services.credentials.issuers.organization_roles import OrganizationRoles, reading_policy
from services.credentials.issuers.role_sessions import Assumption, RoleSessions
from services.credentials.setup.policies import list_statement, policy, trust_policy
from shared.errors import CloudIdentityError
from shared.leases import Operation, SessionKeys
from tests.services.credentials.aws_clients import clients_of
from tests.services.credentials.customer import REGION


def roles_of(cloud: AwsCloud, clients: AwsClients) -> OrganizationRoles:
    return OrganizationRoles(clients, parse_principal_arn(cloud.principal_arn))


def stored(cloud: AwsCloud, org_id: UUID) -> tuple[Any, Any]:
    iam = cloud.client("iam", cloud.vendor)
    name = f"mooring-{org_id}"
    policy = iam.get_role_policy(RoleName=name, PolicyName="mooring-reads")["PolicyDocument"]
    return iam.get_role(RoleName=name)["Role"], policy


async def test_a_role_is_made_for_the_organization(cloud: AwsCloud, clients: AwsClients) -> None:
    org_id = uuid4()
    arn = await roles_of(cloud, clients).keep(org_id)
    role, policy = stored(cloud, org_id)
    assert str(arn) == role["Arn"] == f"arn:aws:iam::111111111111:role/mooring/mooring-{org_id}"
    assert role["AssumeRolePolicyDocument"] == trust_policy(cloud.principal_arn, str(org_id))
    assert role["MaxSessionDuration"] == 43_200
    assert policy == reading_policy("aws", "111111111111")


async def test_keeping_it_again_mends_it_without_making_it_anew(
    cloud: AwsCloud, clients: AwsClients
) -> None:
    org_id = uuid4()
    arn = await roles_of(cloud, clients).keep(org_id)
    before, _ = stored(cloud, org_id)
    iam = cloud.client("iam", cloud.vendor)
    drifted = json.dumps(trust_policy("arn:aws:iam::111111111111:root", "other"))
    iam.update_assume_role_policy(RoleName=arn.name, PolicyDocument=drifted)
    narrowed = json.dumps(policy(list_statement("aws", "none", "")))
    iam.put_role_policy(RoleName=arn.name, PolicyName="mooring-reads", PolicyDocument=narrowed)
    assert await roles_of(cloud, clients).keep(org_id) == arn
    after, mended = stored(cloud, org_id)
    assert after["RoleId"] == before["RoleId"]
    assert after["AssumeRolePolicyDocument"] == trust_policy(cloud.principal_arn, str(org_id))
    assert mended == reading_policy("aws", "111111111111")


def test_what_the_role_may_read_is_never_of_our_own_account() -> None:
    document = reading_policy("aws-cn", "111111111111")
    elsewhere = {"aws:ResourceAccount": "111111111111"}
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": [
                "s3:ListBucket",
                "s3:ListBucketVersions",
                "s3:GetObject",
                "s3:GetObjectVersion",
            ],
            "Resource": "*",
            "Condition": {"StringNotEquals": elsewhere},
        },
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "StringLike": {"kms:ViaService": "s3.*.amazonaws.com.cn"},
                "StringNotEquals": elsewhere,
            },
        },
    ]


@pytest.mark.parametrize("operation", Operation)
async def test_the_role_opens_no_bucket_of_our_own_account_that_does_not_name_it(
    cloud: AwsCloud, clients: AwsClients, sessions: RoleSessions, operation: Operation
) -> None:
    bucket = f"vendor-{uuid4().hex}"
    owner = cloud.client("s3", cloud.vendor, region=REGION)
    owner.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    owner.put_object(Bucket=bucket, Key="a", Body=b"a")
    org_id = uuid4()
    role = OrganizationRole(await roles_of(cloud, clients).keep(org_id), str(org_id))
    assumption = Assumption(org_id, role, REGION, str(org_id))
    keys = (await sessions.assume_longest(assumption)).session.access
    assert isinstance(keys, SessionKeys)
    assert keys.session_token is not None
    s3 = cloud.client(
        "s3",
        Keys(
            keys.access_key_id,
            keys.secret_access_key.get_secret_value(),
            keys.session_token.get_secret_value(),
        ),
        region=REGION,
    )
    ask = {
        Operation.LIST: lambda: s3.list_objects_v2(Bucket=bucket),
        Operation.READ: lambda: s3.get_object(Bucket=bucket, Key="a"),
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        ask[operation]()


async def test_the_role_does_not_open_for_another_organization(
    cloud: AwsCloud, clients: AwsClients, sessions: RoleSessions
) -> None:
    ours, theirs = uuid4(), uuid4()
    arn = await roles_of(cloud, clients).keep(ours)
    role = OrganizationRole(arn, str(ours))
    assert await sessions.is_open(Assumption(ours, role, REGION, str(ours)))
    assert not await sessions.is_open(Assumption(theirs, role, REGION, str(theirs)))
    assert not await sessions.is_open(Assumption(theirs, role, REGION, None))


async def test_an_identity_that_may_not_make_roles_is_the_operators_matter(cloud: AwsCloud) -> None:
    iam = cloud.client("iam", cloud.vendor)
    name = f"weak-{uuid4().hex}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    async with clients_of(cloud, Keys(made["AccessKeyId"], made["SecretAccessKey"])) as clients:
        with pytest.raises(CloudIdentityError, match="iam:CreateRole"):
            await roles_of(cloud, clients).keep(uuid4())


async def test_without_a_principal_no_role_is_made(clients: AwsClients) -> None:
    with pytest.raises(CloudIdentityError, match="MOORING_AWS_PRINCIPAL_ARN"):
        await OrganizationRoles(clients, None).keep(uuid4())
