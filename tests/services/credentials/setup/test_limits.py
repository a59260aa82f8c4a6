"""Limits: a kit that AWS would not take is refused, and says what to shorten."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import CustomerRole, OrganizationRole
from services.credentials.locations import MOST_ORIGINS
from services.credentials.setup.aws_kit import make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.kms import MOST_KEYS
from services.credentials.setup.limits import (
    LARGEST_ROLE_POLICIES,
    require_fit,
)
from services.credentials.setup.merging import (
    LARGEST_BUCKET_POLICY,
    LARGEST_CORS,
    LARGEST_KEY_POLICY,
    LARGEST_TRUST_POLICY,
)
from services.credentials.setup.policies import permission_policy, policy, trust_policy
from shared.errors import SetupTooLargeError
from shared.uris import BucketUri, Provider

ROLE = CustomerRole(
    parse_role_arn(f"arn:aws-us-gov:iam::222222222222:role/{'p' * 510}/{'r' * 64}"), "e" * 36
)
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
PRINCIPAL = parse_principal_arn(f"arn:aws-us-gov:iam::111111111111:user/{'p' * 510}/{'u' * 64}")
KEYS = [
    parse_key_arn(f"arn:aws-us-gov:kms:us-gov-west-1:222222222222:key/{number:036}")
    for number in range(MOST_KEYS)
]
ORIGINS = [f"https://{number:02}{'.' + 'a' * 60}.example" for number in range(MOST_ORIGINS)]

# The costliest in JSON: a control character takes six, and what IAM reads as a wildcard four.
prefixes = st.text(alphabet='\x01*"é/', min_size=1_000, max_size=1_000).map(
    lambda text: text.encode()[:1_023].decode(errors="ignore") + "/"
)


def size(document: object) -> int:
    return len(json.dumps(document, separators=(",", ":")))


@given(prefix=prefixes)
def test_what_is_not_checked_fits_whatever_the_prefix(prefix: str) -> None:
    uri = BucketUri(Provider.S3, "b" * 63, prefix)
    kit = make_aws_kit(OURS, uri, ORIGINS, None)
    assert kit.bucket_policy is not None
    assert size(kit.bucket_policy) <= LARGEST_BUCKET_POLICY
    keys = [parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/1")]
    kit = make_aws_kit(OURS, uri, (), None, keys=keys)
    assert kit.kms_key_policy_statement is not None
    assert size(policy(kit.kms_key_policy_statement)) <= LARGEST_KEY_POLICY


def test_the_longest_principal_and_external_id_fit_into_a_trust_policy() -> None:
    assert size(trust_policy(str(PRINCIPAL), "e" * 36)) <= LARGEST_TRUST_POLICY


def test_an_ordinary_prefix_with_every_key_and_origin_fits() -> None:
    uri = BucketUri(Provider.S3, "b" * 63, f"{'p' * 500}/")
    kit = make_aws_kit(ROLE, uri, ORIGINS, PRINCIPAL, keys=KEYS)
    assert kit.permission_policy is not None
    assert size(kit.permission_policy) <= LARGEST_ROLE_POLICIES


def test_a_role_policy_that_is_too_long_says_to_shorten_the_prefix() -> None:
    uri = BucketUri(Provider.S3, "acme-data", f"{'*' * 1_023}/")
    make_aws_kit(ROLE, uri, (), PRINCIPAL)
    with pytest.raises(SetupTooLargeError) as refused:
        make_aws_kit(ROLE, uri, (), PRINCIPAL, keys=KEYS)
    assert refused.value.detail == (
        f"The permission_policy would have {refused.value.members['size']} characters, and AWS"
        " takes 10240. Shorten the prefix, or give fewer KMS keys."
    )
    assert refused.value.members == {
        "field": "uri",
        "part": "permission_policy",
        "size": refused.value.members["size"],
        "limit": LARGEST_ROLE_POLICIES,
    }


def test_cors_rules_that_are_too_long_say_to_give_fewer_origins() -> None:
    origins = [f"https://{number:04}.{'a' * 200}.example" for number in range(300)]
    with pytest.raises(SetupTooLargeError) as refused:
        require_fit("cors", cors_rules(origins))
    assert (refused.value.members["field"], refused.value.members["limit"]) == (
        "origin",
        LARGEST_CORS,
    )


def test_a_bucket_policy_may_be_as_long_as_a_bucket_takes_and_no_longer() -> None:
    document = permission_policy("aws", "acme-data", "photos/")
    longest = {**document, "Id": "i" * (LARGEST_BUCKET_POLICY - size({**document, "Id": ""}))}
    assert require_fit("bucket_policy", longest) is longest
    with pytest.raises(SetupTooLargeError) as refused:
        require_fit("bucket_policy", {**longest, "Id": f"{longest['Id']}i"})
    assert refused.value.members["size"] == LARGEST_BUCKET_POLICY + 1
