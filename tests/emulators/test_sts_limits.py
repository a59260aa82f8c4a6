"""Sessions are as short as on AWS, and refusals read as AWS's do."""

from uuid import uuid4

import pytest

from deploy.local.clouds.aws import AwsCloud
from tests.emulators.customer import EXTERNAL_ID, allow, assume, policy, refusal
from tests.emulators.sts_limits import TOO_LONG_FOR_CHAIN, TOO_LONG_FOR_ROLE


def test_a_session_is_as_long_as_the_role_allows_and_no_longer(cloud: AwsCloud, role: str) -> None:
    sts = cloud.client("sts", cloud.vault)

    def ask(seconds: int) -> object:
        return assume(sts, role, ExternalId=EXTERNAL_ID, DurationSeconds=seconds)

    assert ask(7200)
    assert refusal(lambda: ask(7201)) == (400, "ValidationError", TOO_LONG_FOR_ROLE)


def test_a_session_of_more_than_twelve_hours_is_refused(cloud: AwsCloud, role: str) -> None:
    sts = cloud.client("sts", cloud.vault)
    message = (
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value less than or equal to 43200"
    )
    answer = refusal(lambda: assume(sts, role, ExternalId=EXTERNAL_ID, DurationSeconds=43_201))
    assert answer == (400, "ValidationError", message)


def test_who_may_not_assume_a_role_learns_nothing_of_its_limits(cloud: AwsCloud, role: str) -> None:
    sts = cloud.client("sts", cloud.vault)
    answer = refusal(lambda: assume(sts, role, DurationSeconds=43_200))
    assert answer[:2] == (403, "AccessDenied")


@pytest.fixture
def hops(cloud: AwsCloud) -> list[str]:
    """Two roles of ours that allow twelve hours and may assume each other."""
    iam = cloud.client("iam", cloud.vendor)
    ours = {"AWS": f"arn:aws:iam::{cloud.vendor.access_key_id}:root"}
    trust = policy(allow(Principal=ours, Action="sts:AssumeRole"))
    assuming = policy(allow(Action="sts:AssumeRole", Resource="*"))
    arns = []
    for name in (f"hop-{uuid4().hex}", f"hop-{uuid4().hex}"):
        made = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, MaxSessionDuration=43_200
        )
        iam.put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=assuming)
        arns.append(made["Role"]["Arn"])
    return arns


def test_a_chained_session_is_limited_to_an_hour(cloud: AwsCloud, hops: list[str]) -> None:
    session = assume(cloud.client("sts", cloud.vault), hops[0], DurationSeconds=43_200)
    sts = cloud.client("sts", session)
    assert assume(sts, hops[1], DurationSeconds=3600)
    answer = refusal(lambda: assume(sts, hops[1], DurationSeconds=3601))
    assert answer == (400, "ValidationError", TOO_LONG_FOR_CHAIN)
