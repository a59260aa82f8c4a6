"""The customer in AWS: lets Mooring assume a role of theirs."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from mooring_sdk.models import NewAssumeRoleBody, SetupKitBody

from deploy.local.clouds.aws import CUSTOMER, ENVIRONMENT, AwsCloud
from deploy.local.demo.api import Api
from deploy.local.demo.customer import BUCKET, ORIGIN, PREFIX, Mistake, document
from deploy.local.demo.files import File
from deploy.local.errors import LocalStackError

REGION = "eu-central-1"
MISTAKE = Mistake("the trust policy forgets the ExternalId", frozenset({"external_id_enforced"}))
SCRIPT_SECONDS = 120.0  # half a dozen calls of the CLI, each of which starts a Python


@dataclass(frozen=True, slots=True)
class AwsCustomer:
    """Their side of the cloud, and what things are called there."""

    cloud: AwsCloud
    bucket: str = BUCKET
    prefix: str = PREFIX
    origin: str = ORIGIN
    role: str = "mooring-reader"
    mistake: ClassVar[Mistake] = MISTAKE
    certificates: ClassVar[None] = None

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{CUSTOMER.access_key_id}:role/{self.role}"

    def holds(self, key: str) -> bool:
        """Say yes: S3 takes every key of UTF-8."""
        del key
        return True

    def make_bucket(self, files: Iterable[File]) -> None:
        """Make the bucket and let it hold exactly these files; what is right is left alone."""
        try:
            self.s3.create_bucket(
                Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
        held = self._etags()
        for file in files:
            if held.pop(file.key, None) != file.etag:
                self.put(file)
        for key in held:
            self.delete(key)

    def put(self, file: File) -> None:
        """Put one object."""
        self.s3.put_object(
            Bucket=self.bucket, Key=file.key, Body=file.content, ContentType=file.content_type
        )

    def delete(self, key: str) -> None:
        """Delete one object."""
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def consent(self, api: Api) -> None:
        """Need nothing of the kind."""

    def credential(self, name: str) -> NewAssumeRoleBody:
        return NewAssumeRoleBody(method="assume_role", name=name, role_arn=self.role_arn)

    def set_up(self, kit: SetupKitBody) -> None:
        """Run the kit's script with the real `aws` CLI, unless the role is there already.

        Raises:
            LocalStackError: the script failed; its own words say why.
        """
        if self._has_role():
            return
        bash = shutil.which("bash")
        if bash is None:
            raise LocalStackError("The demo's customer needs bash to run the setup kit's script.")
        done = subprocess.run(
            [bash, "-s"],
            input=kit.script,
            env=self._shell(),
            capture_output=True,
            text=True,
            check=False,
            timeout=SCRIPT_SECONDS,
        )
        if done.returncode != 0:
            raise LocalStackError(f"The setup kit's script failed:\n{done.stderr.strip()}")

    def err(self, kit: SetupKitBody) -> None:
        """Trust Mooring without asking for the ExternalId."""
        policy = copy.deepcopy(document(kit.trust_policy))
        for statement in policy["Statement"]:
            statement.pop("Condition", None)
        self.trust(policy)

    def mend(self, kit: SetupKitBody) -> None:
        self.trust(document(kit.trust_policy))

    def paste(self, kit: SetupKitBody) -> None:
        """Apply the kit's documents one by one, as in a console."""
        if kit.trust_policy is not None:
            self.trust(document(kit.trust_policy), kit.max_session_duration)
            self.permit(document(kit.permission_policy))
        if kit.bucket_policy is not None:
            policy = json.dumps(document(kit.bucket_policy))
            self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy)
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration=document(kit.cors))

    def permit(self, policy: dict[str, Any]) -> None:
        """Let the role do what this policy says, and nothing else."""
        self.iam.put_role_policy(
            RoleName=self.role, PolicyName="mooring", PolicyDocument=json.dumps(policy)
        )

    def trust(self, policy: dict[str, Any], max_session_duration: int | None = None) -> None:
        """Make the role with this trust policy, or change it."""
        text = json.dumps(policy)
        try:
            self.iam.create_role(
                RoleName=self.role,
                AssumeRolePolicyDocument=text,
                MaxSessionDuration=max_session_duration or 3600,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
            self.iam.update_assume_role_policy(RoleName=self.role, PolicyDocument=text)

    def _has_role(self) -> bool:
        try:
            self.iam.get_role(RoleName=self.role)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return False
        return True

    def _shell(self) -> dict[str, str]:
        """Return the environment of a shell of the customer's, with the CLI in its path."""
        keys = self.cloud.customer
        return {
            "PATH": f"{ENVIRONMENT / 'bin'}:{os.environ.get('PATH', '')}",
            "HOME": str(ENVIRONMENT),  # no profile of ours
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def _etags(self) -> dict[str, str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        rows = (row for page in pages for row in page.get("Contents", []))
        return {row["Key"]: row["ETag"].strip('"') for row in rows}

    # botocore builds its clients at run time, so there is no type to name.
    @property
    def s3(self) -> Any:
        return self.cloud.client("s3", self.cloud.customer, region=REGION)

    @property
    def iam(self) -> Any:
        return self.cloud.client("iam", self.cloud.customer)
