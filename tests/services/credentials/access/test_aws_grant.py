"""What AWS must grant: the statements for a KMS key that the store names, whatever it names."""

import pytest
from pydantic import SecretStr

from services.credentials.access.aws_grant import AwsGrant
from services.credentials.arns import parse_key_arn, parse_role_arn
from services.credentials.issuers.base import AccessKey, CustomerRole, OrganizationRole
from services.credentials.setup.kms import kms_statements

ROLE_ARN = "arn:aws:iam::222222222222:role/reader"
ROLE = CustomerRole(parse_role_arn(ROLE_ARN), "the-id")
USER = AccessKey("AKIA", SecretStr("x"), "https://s3.amazonaws.com", "us-east-1", path_style=False)
KEY = "arn:aws:kms:eu-central-1:222222222222:key/0e3f"


def test_a_key_that_is_known_is_named_with_its_region_and_prefix() -> None:
    expected = kms_statements(
        [parse_key_arn(KEY)], "acme-data", "photos/", ROLE_ARN, partition="aws"
    )
    assert AwsGrant(ROLE, "acme-data", "photos/").decrypts(KEY) == expected


@pytest.mark.parametrize(
    "named",
    [
        None,
        "the-key",
        "arn:aws:kms:eu-central-1:222222222222:alias/images",
        "arn:aws-cn:kms:cn-north-1:222222222222:key/0e3f",
    ],
)
def test_what_is_no_key_of_the_partition_goes_into_no_policy(named: str | None) -> None:
    expected = kms_statements([], "acme-data", "photos/", ROLE_ARN, partition="aws")
    assert AwsGrant(ROLE, "acme-data", "photos/").decrypts(named) == expected


def test_a_user_gets_a_statement_of_its_own_only() -> None:
    found = AwsGrant(USER, "acme-data", "photos/").decrypts(KEY)
    assert list(found) == ["kms_role_statement"]


def test_a_role_of_ours_needs_a_statement_of_the_key_only() -> None:
    ours = OrganizationRole(parse_role_arn(ROLE_ARN), "the-org")
    found = AwsGrant(ours, "acme-data", "photos/").decrypts(KEY)
    assert list(found) == ["kms_key_policy_statement"]
