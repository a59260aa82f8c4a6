"""Scenes: a customer who connected a bucket as the kit says, and their side of the cloud.

A broken setup begins with one that works.
"""

import copy
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from socket import socket
from typing import Any, Literal, TypeAlias
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx

from deploy.local.clouds.aws import AwsCloud, Keys
from services.credentials.access import checks
from services.credentials.main import create_app
from services.credentials.settings import Settings
from services.credentials.setup.policies import Document, permission_policy, trust_policy
from services.credentials.vault import Vault
from shared.leases import Operation
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    Json,
    add_role,
    get,
    get_kit,
    location_body,
    post,
)
from tests.services.credentials.customer import PREFIX, REGION, Customer

Method: TypeAlias = Literal["assume_role", "organization_role", "access_key"]

STRANGER = Keys("333333333333", "root-of-a-stranger")


@dataclass
class Scene:
    """What a broken setup is made in, and verified through.

    `location` is the body with which access is verified, and `names` fill in what the expected
    checks are called. `away` and `environment` are what the vault runs with while its operator, or
    a network, has something wrong.
    """

    http: httpx.AsyncClient
    tenant: Tenant
    customer: Customer
    settings: Settings
    vault: Vault
    method: Method = "assume_role"
    location: Json = field(default_factory=dict)
    credential: Json = field(default_factory=dict)
    location_id: UUID | None = None
    names: dict[str, str] = field(default_factory=dict)
    away: dict[str, object] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    patience: float | None = None
    user: str | None = None
    key: Json = field(default_factory=dict)
    open: list[socket] = field(default_factory=list)

    # --- connecting and verifying -------------------------------------------------------------

    async def connect(self, method: Method) -> None:
        """Add a credential of this method, and paste its kit."""
        self.method = method
        if method == "assume_role":
            self.credential = await add_role(self.http, self.tenant, self.customer)
        elif method == "organization_role":
            body = {"method": method, "name": "Ours"}
            self.credential = await post(self.http, self.tenant, "/v1/credentials", body)
        else:
            self._make_key()
            await self.connect_keys()
            return
        await self._paste_kit()

    async def connect_keys(self, **changes: str) -> None:
        """Add a credential for the user's keys, some of which may be others."""
        self.credential = await post(
            self.http, self.tenant, "/v1/credentials", {**self.key, **changes}
        )
        await self._paste_kit()

    async def _paste_kit(self) -> None:
        kit = await get_kit(self.http, self.tenant, self.customer, self.credential)
        self.customer.apply(kit)
        self.location = location_body(self.customer, self.credential)

    async def attach(self) -> None:
        """Keep the location, and lend its leases to the importer and the gateway."""
        made = await post(self.http, self.tenant, "/v1/locations", self.location)
        self.location_id = UUID(made["location_id"])
        for operation in Operation:
            await self.vault.leases.get(self.tenant.org_id, self.location_id, operation)

    async def verify(self) -> Json:
        """Return a report of the location."""
        path, body = "/v1/verify-access", self.location
        if self.location_id is not None:
            path, body = f"/v1/locations/{self.location_id}/verify-access", {}
        if not self.away:
            return await post(self.http, self.tenant, path, body)
        settings = self.settings.model_copy(update=self.away)
        patience = timedelta(seconds=self.patience or checks.LONGEST_CHECK.total_seconds())
        with (
            patch.dict(os.environ, self.environment),
            patch.object(checks, "LONGEST_CHECK", patience),
        ):
            async with _running(settings) as http:
                return await post(http, self.tenant, path, body)

    async def rotate(self) -> None:
        """Give the credential the user's keys."""
        path = f"/v1/credentials/{self.credential['credential_id']}/rotate"
        names = ("method", "access_key_id", "secret_access_key")
        await post(self.http, self.tenant, path, {name: self.key[name] for name in names})

    async def external_id(self) -> str:
        path = f"/v1/credentials/{self.credential['credential_id']}"
        return str((await get(self.http, self.tenant, path))["external_id"])

    def _make_key(self) -> None:
        """Make a user of the customer's that may do what is needed, and a key of it."""
        self.user = f"user-{self.customer.role_name}"
        self.customer.iam.create_user(UserName=self.user)
        self.permit(self.granted())
        key = self.customer.iam.create_access_key(UserName=self.user)["AccessKey"]
        self.key = {
            "method": "access_key",
            "name": "Keys",
            "endpoint": self.cloud.endpoint,
            "region": REGION,
            "access_key_id": key["AccessKeyId"],
            "secret_access_key": key["SecretAccessKey"],
        }

    # --- the customer's side ------------------------------------------------------------------

    @property
    def cloud(self) -> AwsCloud:
        return self.customer.cloud

    @property
    def bucket(self) -> str:
        return self.customer.bucket

    @property
    def role(self) -> str:
        return self.customer.role_name

    @property
    def iam(self) -> Any:
        return self.customer.iam

    @property
    def s3(self) -> Any:
        return self.customer.s3

    @cached_property
    def kms(self) -> Any:
        return self.cloud.client("kms", self.cloud.customer, region=REGION)

    def granted(self) -> Json:
        """Return the exact permission policy: a statement that lists, then one that reads."""
        return document(permission_policy("aws", self.bucket, PREFIX))

    def trusted(self, external_id: str) -> Json:
        """Return a trust policy as the kit has it."""
        return document(trust_policy(self.cloud.principal_arn, external_id))

    def permit(self, policy: object) -> None:
        """Let the role, or the user of the access key, do what this policy says."""
        if self.user is None:
            self.customer.permit(policy)
            return
        self.iam.put_user_policy(
            UserName=self.user, PolicyName="mooring", PolicyDocument=json.dumps(policy)
        )

    def bucket_policy(self) -> Json:
        """Return the bucket's policy, one without statements when it has none."""
        try:
            found = self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"]
        except self.s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
            return {"Version": "2012-10-17", "Statement": []}
        policy: Json = json.loads(found)
        return policy

    def put_bucket_policy(self, policy: object) -> None:
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))

    def deny(self, actions: str | list[str], condition: Mapping[str, object] = {}) -> None:
        """Let the bucket's policy deny everybody something, beside what it says already."""
        policy = self.bucket_policy()
        arn = f"arn:aws:s3:::{self.bucket}"
        statement: Json = {"Effect": "Deny", "Principal": "*", "Action": actions}
        statement |= {"Resource": [arn, f"{arn}/*"], "Condition": dict(condition)}
        policy["Statement"].append(statement)
        self.put_bucket_policy(policy)

    def bound(self, *actions: str) -> None:
        """Give the role a permissions boundary that allows these actions."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        made = self.iam.create_policy(
            PolicyName=f"boundary-{uuid4().hex}", PolicyDocument=json.dumps(policy)
        )
        self.iam.put_role_permissions_boundary(
            RoleName=self.role, PermissionsBoundary=made["Policy"]["Arn"]
        )

    def delete_role(self) -> None:
        self.iam.delete_role_policy(RoleName=self.role, PolicyName="mooring")
        self.iam.delete_role(RoleName=self.role)

    def object_keys(self) -> list[str]:
        """Return the keys of the objects below the prefix."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=PREFIX)
        return [each["Key"] for each in listed["Contents"]]


def document(value: Document) -> Json:
    """Return a copy of a document that may be changed."""
    made: Json = copy.deepcopy(value)
    return made


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run another vault on the same database."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://vault") as client,
    ):
        yield client
