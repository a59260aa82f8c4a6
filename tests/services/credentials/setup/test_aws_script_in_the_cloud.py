"""The setup script with the real `aws` CLI, in a cloud that keeps and enforces what it is told."""

import json
from typing import Any

import httpx

from deploy.local.clouds.aws import AwsCloud, make_client
from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import policy
from shared.uris import BucketUri
from tests.services.credentials.customer import ACCOUNT, ORIGIN, REGION, Customer
from tests.services.credentials.setup.scripts import run_in_cloud

THEIRS = "https://upload.example"
UPLOADS: Any = {
    "ID": "upload",
    "AllowedOrigins": [THEIRS, ORIGIN],
    "AllowedMethods": ["PUT", "GET"],
    "AllowedHeaders": ["content-type"],
}
ADMIN: Any = {
    "Sid": "Admin",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"},
    "Action": "kms:*",
    "Resource": "*",
}
FOR_EC2: Any = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def kit_of_our_role(customer: Customer, key_arn: str) -> AwsKit:
    role = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
    uri = BucketUri.parse_location(customer.uri)
    return make_aws_kit(role, uri, [ORIGIN], None, keys=[parse_key_arn(key_arn)])


def kit_of_their_role(customer: Customer) -> AwsKit:
    role = CustomerRole(parse_role_arn(customer.role_arn), "the-id")
    principal = parse_principal_arn(customer.cloud.principal_arn)
    return make_aws_kit(role, BucketUri.parse_location(customer.uri), [ORIGIN], principal)


def preflight(customer: Customer, origin: str, method: str, headers: str) -> int:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    url = f"{customer.cloud.endpoint}/{customer.bucket}/photos/a.jpg"
    return httpx.request("OPTIONS", url, headers=asked, trust_env=False).status_code


def test_the_script_merges_with_what_a_bucket_and_a_key_have_and_once_is_enough(
    cloud: AwsCloud, customer: Customer
) -> None:
    kms = make_client(cloud.endpoint, "kms", cloud.customer, region=REGION)
    key_arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.put_key_policy(KeyId=key_arn, PolicyName="default", Policy=json.dumps(policy(ADMIN)))
    theirs: Any = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{customer.bucket}/*",
    }
    customer.s3.put_bucket_policy(Bucket=customer.bucket, Policy=json.dumps(policy(theirs)))
    customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration={"CORSRules": [UPLOADS]})
    kit = kit_of_our_role(customer, key_arn)

    def state() -> list[Any]:
        return [
            json.loads(customer.s3.get_bucket_policy(Bucket=customer.bucket)["Policy"]),
            json.loads(kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"]),
            customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"],
        ]

    status, output = run_in_cloud(kit.script, cloud, REGION)
    assert status == 0, output
    ours: Any = kit.bucket_policy
    rules: Any = cors_rules([ORIGIN])["CORSRules"]
    after = state()
    assert after == [
        policy(theirs, *ours["Statement"]),
        policy(ADMIN, kit.kms_key_policy_statement or {}),
        [*rules, UPLOADS],
    ]
    assert preflight(customer, ORIGIN, "GET", "range") == 200
    assert preflight(customer, ORIGIN, "PUT", "content-type") == 200
    assert preflight(customer, THEIRS, "PUT", "content-type") == 200
    assert preflight(customer, THEIRS, "GET", "range") == 403

    status, output = run_in_cloud(kit.script, cloud, REGION)
    assert (status, output.count("it holds what is needed")) == (0, 3), output
    assert state() == after


def test_a_role_that_serves_something_else_stays_as_it_is_until_its_owner_lets_us_in(
    cloud: AwsCloud, customer: Customer
) -> None:
    customer.make_role(policy(FOR_EC2))
    kit = kit_of_their_role(customer)

    def trust() -> Any:
        return customer.iam.get_role(RoleName=customer.role_name)["Role"][
            "AssumeRolePolicyDocument"
        ]

    def policies() -> list[str]:
        found: list[str] = customer.iam.list_role_policies(RoleName=customer.role_name)[
            "PolicyNames"
        ]
        return found

    status, output = run_in_cloud(kit.script, cloud, REGION)
    assert (status, trust(), policies()) == (1, policy(FOR_EC2), []), output
    by_hand: Any = {
        "Effect": "Allow",
        "Principal": {"AWS": "111111111111"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "the-id"}},
    }
    customer.trust(policy(FOR_EC2, by_hand))
    status, output = run_in_cloud(kit.script, cloud, REGION)
    ours: Any = kit.trust_policy
    assert status == 0, output
    assert trust() == policy(FOR_EC2, by_hand, *ours["Statement"])
    (name,) = policies()
    found = customer.iam.get_role_policy(RoleName=customer.role_name, PolicyName=name)
    assert found["PolicyDocument"] == kit.permission_policy
