"""A cloud for the tests of the emulators, with a customer's bucket and role in it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from deploy.local.clouds.aws import AwsCloud
from tests.emulators.customer import EXTERNAL_ID, REGION, allow, policy, reading_photos
from tests.emulators.ministack import ministack


@pytest.fixture(scope="session")
def cloud() -> Iterator[AwsCloud]:
    with ministack() as started:
        yield started


@pytest.fixture
def bucket(cloud: AwsCloud) -> str:
    """A bucket of the customer's with a photo and something private."""
    name = f"acme-{uuid4().hex}"
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("photos/a.jpg", "private/b.txt"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


@pytest.fixture
def role(cloud: AwsCloud, bucket: str) -> str:
    """A role of the customer's that reads photos/, in sessions of at most two hours."""
    iam = cloud.client("iam", cloud.customer)
    name = f"reader-{uuid4().hex}"
    trust = allow(
        Principal={"AWS": cloud.principal_arn},
        Action="sts:AssumeRole",
        Condition={"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    )
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=policy(trust), MaxSessionDuration=7200
    )
    reads = policy(*reading_photos(bucket))
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=reads)
    return str(made["Role"]["Arn"])
