"""Policies: exactly the prefix, and no character of it is a wildcard."""

import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.setup.policies import (
    Document,
    bucket_policy,
    decrypt_statement,
    escape_pattern,
    permission_policy,
    trust_policy,
)

OURS = "arn:aws:iam::111111111111:user/mooring/mooring-vault"


def matches(pattern: str, text: str) -> bool:
    """Match as IAM does ("IAM JSON policy elements: Resource"; "IAM policy variables")."""
    parts = re.split(r"(\$\{[*?$]\}|[*?])", pattern)
    wild = {"*": ".*", "?": ".", "${*}": r"\*", "${?}": r"\?", "${$}": r"\$"}
    expression = "".join(wild.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


texts = st.text(alphabet="ab/*?${}", max_size=12)


@given(prefix=texts, key=texts)
def test_an_escaped_prefix_matches_what_begins_with_it_and_nothing_else(
    prefix: str, key: str
) -> None:
    assert matches(f"{escape_pattern(prefix)}*", key) == key.startswith(prefix)


def test_the_permission_policy_lists_and_reads_the_prefix_only() -> None:
    assert permission_policy("aws", "acme-data", "photos/") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MooringLists5bfa54513d98",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
                "Resource": "arn:aws:s3:::acme-data",
                "Condition": {"StringLike": {"s3:prefix": "photos/*"}},
            },
            {
                "Sid": "MooringReads5bfa54513d98",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": "arn:aws:s3:::acme-data/photos/*",
            },
        ],
    }


def test_an_empty_prefix_is_the_whole_bucket() -> None:
    statements = permission_policy("aws-cn", "acme-data", "")["Statement"]
    assert isinstance(statements, list)
    lists, reads = statements
    assert isinstance(lists, dict)
    assert isinstance(reads, dict)
    assert "Condition" not in lists
    assert reads["Resource"] == "arn:aws-cn:s3:::acme-data/*"


def test_wildcards_in_a_prefix_are_escaped_in_both_statements() -> None:
    document = str(permission_policy("aws", "acme-data", "a*b?c${d}/"))
    assert "'s3:prefix': 'a${*}b${?}c${$}{d}/*'" in document
    assert "'arn:aws:s3:::acme-data/a${*}b${?}c${$}{d}/*'" in document


def test_the_bucket_policy_lets_one_role_in() -> None:
    document = bucket_policy("aws", "acme-data", "photos/", "arn:aws:iam::111111111111:role/r")
    statements = document["Statement"]
    assert isinstance(statements, list)
    assert [each["Principal"] for each in statements if isinstance(each, dict)] == [
        {"AWS": "arn:aws:iam::111111111111:role/r"}
    ] * 2


def sids(*documents: Document) -> list[str]:
    statements = [
        each for document in documents for each in cast("list[Any]", document["Statement"])
    ]
    return [each["Sid"] for each in statements]


def test_statements_for_several_locations_fit_into_one_document() -> None:
    places = [("acme-data", ""), ("acme-data", "photos/"), ("acme-data", "é/"), ("acme", "data/")]
    roles = [f"arn:aws:iam::111111111111:role/mooring/mooring-{number}" for number in range(2)]
    together = (
        sids(*(permission_policy("aws", *place) for place in places)),
        sids(*(bucket_policy("aws", *place, role) for place in places for role in roles)),
        sids(*(trust_policy(OURS, external_id) for external_id in ("the-id", "another"))),
    )
    assert [len(each) for each in together] == [8, 16, 2]
    for each in together:
        assert len(set(each)) == len(each)
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in each)


def test_a_location_is_named_the_same_each_time() -> None:
    first, again = (sids(permission_policy("aws", "acme-data", "photos/")) for _ in range(2))
    assert first == again


def test_the_trust_policy_names_our_principal_and_the_external_id() -> None:
    assert trust_policy(OURS, "the-id") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "MooringAssumes19fe5033f99b",
                "Effect": "Allow",
                "Principal": {"AWS": OURS},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "the-id"}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("partition", "service"),
    [
        ("aws", "s3.*.amazonaws.com"),
        ("aws-us-gov", "s3.*.amazonaws.com"),
        ("aws-cn", "s3.*.amazonaws.com.cn"),
    ],
)
def test_decryption_goes_through_s3_only(partition: str, service: str) -> None:
    condition = {"StringLike": {"kms:ViaService": service}}
    assert decrypt_statement(partition)["Condition"] == condition
