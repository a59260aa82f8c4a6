"""A customer: has a bucket and files, and pastes what a setup kit says, or something else."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from deploy.local.clouds.aws import AwsCloud

REGION = "eu-central-1"
ORIGIN = "https://app.example"
PREFIX = "photos/"
FILES = {"photos/a.jpg": b"a photo", "photos/b c+d.txt": b"a text", "private/x.txt": b"private"}
ACCOUNT = "222222222222"


class Customer:
    """Act as the root user of the customer's account."""

    def __init__(self, cloud: AwsCloud) -> None:
        self.cloud = cloud
        self.bucket = f"acme-{uuid4().hex[:16]}"
        self.role_name = f"mooring-{uuid4().hex[:16]}"
        self.s3 = cloud.client("s3", cloud.customer, region=REGION)
        self.iam = cloud.client("iam", cloud.customer)
        self.s3.create_bucket(
            Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        for key, body in FILES.items():
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{PREFIX}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role_name}"

    def apply(self, kit: Mapping[str, Any]) -> None:
        """Paste every document of a setup kit."""
        if kit["trust_policy"] is not None:
            self.make_role(kit["trust_policy"], kit["max_session_duration"])
            self.permit(kit["permission_policy"])
        if kit["bucket_policy"] is not None:
            policy = json.dumps(kit["bucket_policy"])
            self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy)
        if kit["cors"] is not None:
            self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration=kit["cors"])

    def make_role(self, trust_policy: object, max_session_duration: int = 3600) -> None:
        document = json.dumps(trust_policy)
        try:
            self.iam.create_role(
                RoleName=self.role_name,
                AssumeRolePolicyDocument=document,
                MaxSessionDuration=max_session_duration,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
            self.trust(trust_policy)

    def trust(self, trust_policy: object) -> None:
        self.iam.update_assume_role_policy(
            RoleName=self.role_name, PolicyDocument=json.dumps(trust_policy)
        )

    def permit(self, permission_policy: object) -> None:
        self.iam.put_role_policy(
            RoleName=self.role_name,
            PolicyName="mooring",
            PolicyDocument=json.dumps(permission_policy),
        )
