"""Customers with a bucket at a Ceph, who do there what a setup kit says."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import aiohttp
from mooring_sdk.models import NewAccessKeyBody
from pydantic import SecretStr
from yarl import URL

from deploy.local.clouds.aws import ENVIRONMENT, Keys
from services.credentials.setup.policies import Document, policy
from shared.egress import EgressGuard
from shared.leases import Bucket, SessionKeys
from shared.storage.base import ObjectStore
from shared.storage.open import open_store
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.uris import Provider
from tests.integration.ceph import Ceph

REGION = "default"  # RGW signs for any
ADMINISTRATOR = "roles=*;user-policy=*"
ROLE = "mooring-reader"
CONNECTIONS = 32
SCRIPT_SECONDS = 60.0


def open_trust(principal_arn: str) -> Document:
    """Return a trust policy that asks for no ExternalId."""
    assumes: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": principal_arn},
        "Action": "sts:AssumeRole",
    }
    return policy(assumes)


@dataclass(frozen=True, slots=True)
class Customer:
    """Owns a bucket, and has a user `reader` beside, who may do nothing until a policy says so.

    A customer with a `tenant` has their users, roles and buckets there, as in an account of AWS.
    """

    ceph: Ceph
    bucket: str
    owner: Keys
    reader: Keys
    tenant: str
    prefix: str = "team/"

    @classmethod
    def make(cls, ceph: Ceph, *, tenant: str = "", prefix: str = "team/") -> "Customer":
        name = f"acme-{uuid4().hex}"
        owner = ceph.make_user(f"{name}-owner", tenant=tenant, caps=ADMINISTRATOR)
        reader = ceph.make_user(f"{name}-reader", tenant=tenant)
        customer = cls(ceph, name, owner, reader, tenant, prefix)
        customer.s3.create_bucket(Bucket=name)
        return customer

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def reader_arn(self) -> str:
        return f"arn:aws:iam::{self.tenant}:user/{self.bucket}-reader"

    @property
    def place(self) -> Bucket:
        return Bucket(Provider.S3, self.bucket, REGION, self.ceph.endpoint, path_style=True)

    @property
    def sts_place(self) -> Bucket:
        """The bucket as sessions of a role reach it."""
        return replace(self.place, endpoint=self.ceph.sts_endpoint)

    # botocore builds its clients at run time, so there is no type to name.
    @property
    def s3(self) -> Any:
        return self.ceph.client("s3", self.owner)

    @property
    def iam(self) -> Any:
        return self.ceph.client("iam", self.owner)

    def put(self, *names: str) -> None:
        """Put objects below the prefix, each with its key as content."""
        for key in (f"{self.prefix}{name}" for name in names):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=key.encode())

    async def put_many(self, keys: Iterable[str]) -> None:
        """Put objects of these keys side by side, each with its key as content."""
        left = iter(keys)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(CONNECTIONS):
                group.create_task(self._put_each(session, left))

    async def _put_each(self, session: aiohttp.ClientSession, left: Iterable[str]) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        signing_key = derive_signing_key(self.owner.secret_access_key, now.date(), REGION)
        for key in left:
            url = presign_s3(
                self.place,
                key,
                access_key_id=self.owner.access_key_id,
                session_token=None,
                signing_key=signing_key,
                signed_at=now,
                expires_in=timedelta(hours=1),
                method="PUT",  # type: ignore[arg-type] # which Mooring never asks for
            )
            async with session.put(URL(url, encoded=True), data=key.encode()) as answer:
                assert answer.status == HTTPStatus.OK, await answer.text()

    def give_reader(self, policy: Mapping[str, Any]) -> None:
        """Give the reader this policy, as an administrator of the store does."""
        self.iam.put_user_policy(
            UserName=self._reader_name, PolicyName="mooring", PolicyDocument=json.dumps(policy)
        )

    def take_from_reader(self) -> None:
        """Take that policy back."""
        self.iam.delete_user_policy(UserName=self._reader_name, PolicyName="mooring")

    @property
    def _reader_name(self) -> str:
        name = f"{self.bucket}-reader"
        return f"{self.tenant}${name}" if self.tenant else name

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.tenant}:role/{ROLE}"

    def make_role(self, trust: Mapping[str, Any], *, hours: int = 1) -> None:
        """Make the role with this trust policy, which may do all that the customer may.

        RGW decodes a policy once less than it was encoded: no space in it comes back from a `+`.
        """
        self.iam.create_role(
            RoleName=ROLE,
            AssumeRolePolicyDocument=_compact(trust),
            MaxSessionDuration=hours * 3600,
        )
        allows: Document = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
        self.iam.put_role_policy(
            RoleName=ROLE, PolicyName="all", PolicyDocument=_compact(policy(allows))
        )

    def give_bucket(self, policy: Mapping[str, Any]) -> None:
        """Let the reader do the same by a policy of the bucket."""
        principal = {"AWS": self.reader_arn}
        statements = [{**each, "Principal": principal} for each in policy["Statement"]]
        text = json.dumps({**policy, "Statement": statements})
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=text)

    def open_bucket(self, keys: Keys) -> ObjectStore:
        """Open the bucket as Mooring does, for who holds these keys."""
        lent = SessionKeys(
            keys.access_key_id,
            SecretStr(keys.secret_access_key),
            SecretStr(keys.session_token) if keys.session_token else None,
        )
        place = self.sts_place if keys.session_token else self.place
        return open_store(place, lent, egress=EgressGuard(allow_private=True))

    def set_cors(self, rules: Mapping[str, Any]) -> None:
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration=rules)

    def run(self, script: str) -> None:
        """Run a setup kit's script with the real `aws` CLI."""
        bash = shutil.which("bash")
        assert bash is not None
        done = subprocess.run(
            [bash, "-s"],
            input=script,
            env={
                "PATH": f"{ENVIRONMENT / 'bin'}:{os.defpath}",
                "HOME": str(ENVIRONMENT),  # no profile of ours
                "AWS_ACCESS_KEY_ID": self.owner.access_key_id,
                "AWS_SECRET_ACCESS_KEY": self.owner.secret_access_key,
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=SCRIPT_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def credential(self) -> NewAccessKeyBody:
        """Return the reader's access key, as it is sent to Mooring."""
        return NewAccessKeyBody(
            method="access_key",
            name=self.bucket,
            endpoint=self.ceph.endpoint,
            region=REGION,
            access_key_id=self.reader.access_key_id,
            secret_access_key=self.reader.secret_access_key,
        )


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
