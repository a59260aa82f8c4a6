"""The issuer: what STS refuses of a session is tried in another way, and keys need no STS."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr

from services.credentials.arns import parse_role_arn
from services.credentials.issuers.aws import AwsIssuer
from services.credentials.issuers.base import AccessKey, CustomerRole, Reach, Session
from services.credentials.issuers.clients import AwsAddress, AwsClients
from services.credentials.issuers.role_sessions import RoleSessions
from services.credentials.issuers.session_policies import bucket_wide_policy, session_policy
from shared.clock import FrozenClock
from shared.errors import (
    AppError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
)
from shared.leases import Bucket, Operation, SessionKeys, SigningKeys
from shared.storage.signing.s3 import derive_signing_key
from shared.uris import Provider
from tests.conftest import NOW

if TYPE_CHECKING:
    from types_aiobotocore_sts import STSClient

ADDRESS = AwsAddress("us-east-1")
PRINCIPAL = "arn:aws:sts::222222222222:assumed-role/reader/mooring"
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/reader"), "the-id")
KEY = AccessKey("AKIA", SecretStr("secret"), "https://s3.example", "auto", path_style=True)
REACH = Reach(Bucket(Provider.S3, "acme-data", "eu-south-2"), "photos/", Operation.READ)


@dataclass(slots=True)
class FakeSts:
    """Answers AssumeRole in turn, and remembers what was asked where.

    Errors come in a frame as from STS, or without one and without a text as from Ceph RGW.
    """

    answers: list[str]
    status: int = 400
    framed: bool = True
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    region: str = ""

    async def assume_role(self, **request: Any) -> dict[str, Any]:
        self.asked.append((self.region, request))
        code = self.answers.pop(0)
        if code:
            error: dict[str, Any] = {"Error": {"Code": code, "Message": ""}}
            if not self.framed:
                error = {"Code": code, "Message": None}
            status = {"ResponseMetadata": {"HTTPStatusCode": self.status}}
            raise ClientError(cast("Any", {**error, **status}), "AssumeRole")
        keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t"}
        return {
            "Credentials": {**keys, "Expiration": NOW + timedelta(hours=12)},
            "AssumedRoleUser": {"AssumedRoleId": "AROA:x", "Arn": PRINCIPAL},
        }


class FakeClients(AwsClients):
    """Gives out the fake for every region."""

    def __init__(self, fake: FakeSts) -> None:
        super().__init__(ADDRESS, None, None)
        self.fake = fake

    async def sts(self, region: str) -> "STSClient":
        self.fake.region = region
        return cast("STSClient", self.fake)


def issuer_of(*answers: str, status: int = 400, framed: bool = True) -> tuple[AwsIssuer, FakeSts]:
    fake = FakeSts(list(answers), status, framed)
    clock = FrozenClock(NOW)
    sessions = RoleSessions(FakeClients(fake), None, ADDRESS.home_region, clock)
    return AwsIssuer(sessions, ADDRESS, clock), fake


async def test_a_session_is_asked_for_in_the_buckets_region_and_narrowed() -> None:
    issuer, fake = issuer_of("")
    org_id = uuid4()
    session = await issuer.issue(org_id, ROLE, REACH)
    assert session.expires_at == NOW + timedelta(hours=12)
    assert fake.asked == [
        (
            "eu-south-2",
            {
                "RoleArn": str(ROLE.role_arn),
                "RoleSessionName": f"mooring-{org_id}",
                "DurationSeconds": 43_200,
                "ExternalId": "the-id",
                "Policy": session_policy("aws", REACH),
            },
        )
    ]


async def test_a_region_that_the_roles_account_does_not_use_is_left_for_ours() -> None:
    issuer, fake = issuer_of("RegionDisabledException", "")
    await issuer.issue(uuid4(), ROLE, REACH)
    assert [region for region, _ in fake.asked] == ["eu-south-2", "us-east-1"]


async def test_a_policy_that_does_not_fit_the_token_is_widened_to_the_bucket() -> None:
    issuer, fake = issuer_of("PackedPolicyTooLarge", "")
    await issuer.issue(uuid4(), ROLE, REACH)
    assert [request["Policy"] for _, request in fake.asked] == [
        session_policy("aws", REACH),
        bucket_wide_policy("aws", REACH),
    ]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("Throttling", 400, StorageThrottledError),
        ("InternalFailure", 500, StorageUnavailableError),
        ("MalformedPolicyDocument", 400, StorageError),
    ],
)
async def test_other_refusals_are_told_apart(
    code: str, status: int, expected: type[AppError]
) -> None:
    issuer, _ = issuer_of(code, status=status)
    with pytest.raises(expected) as refused:
        await issuer.issue(uuid4(), ROLE, REACH)
    assert type(refused.value) is expected


async def test_keys_are_lent_for_twelve_hours_without_asking_anybody() -> None:
    issuer, fake = issuer_of()
    keys = SessionKeys("AKIA", SecretStr("secret"))
    lent = Session(keys, None, NOW, NOW + timedelta(hours=12))
    assert await issuer.issue(uuid4(), KEY, replace(REACH, operation=Operation.LIST)) == lent
    assert fake.asked == []


async def test_a_reader_signs_with_a_key_for_each_day_from_the_one_before_to_the_last() -> None:
    issuer, _ = issuer_of("")
    session = await issuer.issue(uuid4(), ROLE, REACH)
    days = [(NOW + timedelta(days=number)).date() for number in (-1, 0, 1)]
    assert session.signing == SigningKeys(
        "ASIA", SecretStr("t"), {day: derive_signing_key("s", day, "eu-south-2") for day in days}
    )


async def test_a_lister_gets_the_keys_of_the_session_and_nothing_that_signs() -> None:
    issuer, _ = issuer_of("")
    session = await issuer.issue(uuid4(), ROLE, replace(REACH, operation=Operation.LIST))
    assert session.access == SessionKeys("ASIA", SecretStr("s"), SecretStr("t"))
    assert session.signing is None


def test_a_bucket_is_addressed_where_its_identity_lives() -> None:
    issuer, _ = issuer_of()
    assert issuer.bucket(ROLE, "acme-data", "eu-south-2") == REACH.bucket
    assert issuer.bucket(KEY, "acme-data", "auto") == Bucket(
        Provider.S3, "acme-data", "auto", "https://s3.example", path_style=True
    )


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("NoSuchEntity", 404)])
async def test_a_role_that_does_not_let_us_in_is_denied_access(
    code: str, status: int, *, framed: bool
) -> None:
    issuer, _ = issuer_of(code, status=status, framed=framed)
    with pytest.raises(StorageDeniedError, match="did not let Mooring assume the role"):
        await issuer.issue(uuid4(), ROLE, REACH)


async def test_a_length_that_an_argument_is_wrong_for_without_a_word_is_too_long() -> None:
    issuer, fake = issuer_of("InvalidArgument", "InvalidArgument", "", framed=False)
    await issuer.issue(uuid4(), ROLE, REACH)
    lengths = [request["DurationSeconds"] for _, request in fake.asked]
    assert lengths == [12 * 3600, 8 * 3600, 6 * 3600]
