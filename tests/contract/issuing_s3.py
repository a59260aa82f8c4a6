"""The methods of Amazon S3, tried on a cloud that enforces policies, trust and ExternalIds."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from pydantic import SecretStr

from deploy.local.clouds.aws import AwsCloud
from services.credentials.arns import parse_principal_arn, parse_role_arn
from services.credentials.issuers.aws import ACCESS_KEY_LEASE, AwsIssuer
from services.credentials.issuers.base import (
    AccessKey,
    CustomerRole,
    Identity,
    OrganizationRole,
    Role,
)
from services.credentials.issuers.clients import AwsClients
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.issuers.organization_roles import LONGEST_SESSION, OrganizationRoles
from services.credentials.setup.policies import (
    bucket_policy,
    list_statement,
    policy,
    read_statement,
    trust_policy,
)
from shared.clock import Clock, FrozenClock, SystemClock
from shared.errors import CloudIdentityError
from shared.leases import Operation, SigningKeys
from tests.contract.issuing import ASKS_NOBODY, Holder, Method, Trouble
from tests.emulators.ministack import sessions_older
from tests.services.credentials.aws_clients import HOME, address_of, clients_of, sessions_of

REGION = "eu-central-1"
OWN_POLICY = "A key cannot be narrowed: what it may do is up to the policies of its store."
OWN_KEY = "The customer's key is lent as it is, and is good until they delete it."


@dataclass(frozen=True)
class S3Scene:
    """The cloud, the vault's clients there, and a customer's for S3 and for IAM."""

    cloud: AwsCloud
    clients: AwsClients
    s3: Any
    iam: Any

    def issuers(
        self, clients: AwsClients | None = None, clock: Clock | None = None
    ) -> CloudIssuers:
        clock = clock or SystemClock()
        sessions = sessions_of(self.cloud, clients or self.clients)
        aws = AwsIssuer(sessions, address_of(self.cloud), clock)
        return CloudIssuers(aws, cast("Any", None), cast("Any", None))


@asynccontextmanager
async def open_s3_scene(cloud: AwsCloud) -> AsyncIterator[S3Scene]:
    customer = cloud.customer
    s3, iam = cloud.client("s3", customer, region=REGION), cloud.client("iam", customer)
    async with clients_of(cloud, cloud.vault) as clients:
        yield S3Scene(cloud, clients, s3, iam)


def reading(*buckets: str) -> str:
    """Allow to list and to read whole buckets, of another customer's where none is named."""
    statements = [
        statement("aws", bucket, "")
        for bucket in buckets or ("rival",)
        for statement in (list_statement, read_statement)
    ]
    return json.dumps(policy(*statements))


class S3Method(Method):
    """What the methods of S3 have in common."""

    scene: ClassVar[str] = "s3_scene"
    region: ClassVar[str] = REGION
    signing: ClassVar[type[SigningKeys]] = SigningKeys

    def __init__(self, scene: S3Scene) -> None:
        self._scene = scene
        self._cloud = scene.cloud
        self._s3 = scene.s3
        self._iam = scene.iam

    @property
    def issuers(self) -> CloudIssuers:
        return self._scene.issuers()

    @property
    def clock(self) -> Clock:
        return SystemClock()

    async def make_bucket(self, *keys: str) -> str:
        name = f"acme-{uuid4().hex}"
        place = {"LocationConstraint": REGION}
        self._s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        for key in keys:
            self._s3.put_object(Bucket=name, Key=key, Body=key.encode())
        return name

    async def remove_bucket(self, name: str) -> None:
        self._s3.delete_bucket(Bucket=name)

    @asynccontextmanager
    async def troubled(self, trouble: Trouble) -> AsyncIterator[CloudIssuers]:
        """Have issuers ask an STS that does not answer as it should, and once only."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("services.credentials.issuers.clients.ATTEMPTS", 1)
            async with (
                _sts(trouble) as endpoint,
                clients_of(
                    self._cloud,
                    self._cloud.vault,
                    replace(address_of(self._cloud), sts_endpoint=endpoint),
                ) as clients,
            ):
                yield self._scene.issuers(clients)


@asynccontextmanager
async def _sts(trouble: Trouble) -> AsyncIterator[str]:
    if trouble is Trouble.UNREACHABLE:
        yield "http://127.0.0.1:1"
        return

    async def answer(_: web.BaseRequest) -> web.Response:
        told = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate</Message></Error>"
        return web.Response(
            status=HTTPStatus.BAD_REQUEST,
            text=f"<ErrorResponse>{told}<RequestId>1</RequestId></ErrorResponse>",
            content_type="text/xml",
        )

    async with RawTestServer(answer) as server:
        yield str(server.make_url("")).rstrip("/")


class _ByRole(S3Method):
    """Sessions of a role end at STS."""

    @asynccontextmanager
    async def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AsyncIterator[Holder]:
        identity = await self.connect(org_id, bucket)
        holder = await self.hold(org_id, identity, bucket, operation)
        lasts = holder.session.expires_at - self.clock.now()
        with sessions_older(self._cloud, lasts - left):
            yield holder

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, Role)
        name = identity.role_arn.name
        owner = self._cloud.vendor if isinstance(identity, OrganizationRole) else None
        iam = self._cloud.client("iam", owner or self._cloud.customer)
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=each)
        iam.delete_role(RoleName=name)


class ByAssumedRole(_ByRole):
    name: ClassVar[str] = "assume_role"

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        del org_id
        external_id, name = str(uuid4()), f"reader-{uuid4().hex}"
        trust = json.dumps(trust_policy(self._cloud.principal_arn, external_id))
        made = self._iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=LONGEST_SESSION
        )
        self._iam.put_role_policy(
            RoleName=name, PolicyName="reads", PolicyDocument=reading(*buckets)
        )
        return CustomerRole(parse_role_arn(made["Role"]["Arn"]), external_id)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        """Name the role; the ExternalId of each credential is of the vault's making."""
        del org_id
        assert isinstance(identity, CustomerRole)
        return replace(identity, external_id=str(uuid4()))


class ByOrganizationRole(_ByRole):
    name: ClassVar[str] = "organization_role"
    refusal: ClassVar[type[CloudIdentityError]] = CloudIdentityError

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        principal = parse_principal_arn(self._cloud.principal_arn)
        role_arn = await OrganizationRoles(self._scene.clients, principal).keep(org_id)
        for bucket in buckets:
            document = json.dumps(bucket_policy("aws", bucket, "", str(role_arn)))
            self._s3.put_bucket_policy(Bucket=bucket, Policy=document)
        return OrganizationRole(role_arn, str(org_id))

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        """Hold the other's role, which nobody can name: the ExternalId is the organization's id."""
        assert isinstance(identity, OrganizationRole)
        return replace(identity, external_id=str(org_id))


class ByAccessKey(S3Method):
    name: ClassVar[str] = "access_key"
    wide: ClassVar = dict.fromkeys(Operation, OWN_POLICY)
    lasting: ClassVar = dict.fromkeys(Operation, OWN_KEY)
    asks_nobody: ClassVar[str] = ASKS_NOBODY

    async def connect(self, org_id: UUID, *buckets: str) -> Identity:
        del org_id
        name = f"reader-{uuid4().hex}"
        self._iam.create_user(UserName=name)
        self._iam.put_user_policy(
            UserName=name, PolicyName="reads", PolicyDocument=reading(*buckets)
        )
        made = self._iam.create_access_key(UserName=name)["AccessKey"]
        secret = SecretStr(made["SecretAccessKey"])
        return AccessKey(made["AccessKeyId"], secret, self._cloud.endpoint, HOME, path_style=True)

    async def withdraw(self, identity: Identity) -> None:
        assert isinstance(identity, AccessKey)
        used = self._iam.get_access_key_last_used(AccessKeyId=identity.access_key_id)
        self._iam.delete_access_key(UserName=used["UserName"], AccessKeyId=identity.access_key_id)

    def claim(self, org_id: UUID, identity: Identity) -> Identity:
        del org_id
        assert isinstance(identity, AccessKey)
        return replace(identity, secret_access_key=SecretStr("a guess"))

    @asynccontextmanager
    async def aged(
        self, org_id: UUID, bucket: str, operation: Operation, left: timedelta
    ) -> AsyncIterator[Holder]:
        identity = await self.connect(org_id, bucket)
        then = FrozenClock(self.clock.now() - ACCESS_KEY_LEASE + left)
        issuers = self._scene.issuers(clock=then)
        yield await self.hold(org_id, identity, bucket, operation, issuers=issuers)
