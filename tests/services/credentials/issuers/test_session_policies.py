"""Session policies: one operation, one prefix, and never too long for STS."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.issuers.base import Reach
from services.credentials.issuers.session_policies import (
    LONGEST_POLICY,
    bucket_wide_policy,
    session_policy,
)
from shared.leases import Bucket, Operation
from shared.uris import Provider

BUCKET = Bucket(Provider.S3, "acme-data", "eu-central-1")


def statements(text: str) -> list[Any]:
    found: list[Any] = json.loads(text)["Statement"]
    return found


def test_a_lister_may_list_the_prefix_and_read_nothing() -> None:
    assert statements(session_policy("aws", Reach(BUCKET, "photos/", Operation.LIST))) == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": "arn:aws:s3:::acme-data",
            "Condition": {"StringLike": {"s3:prefix": "photos/*"}},
        }
    ]


def test_a_reader_may_read_below_the_prefix_decrypt_through_s3_and_list_nothing() -> None:
    assert statements(session_policy("aws", Reach(BUCKET, "photos/", Operation.READ))) == [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": "arn:aws:s3:::acme-data/photos/*",
        },
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}},
        },
    ]


@given(
    prefix=st.text(st.characters(exclude_categories=["Cs"]), max_size=1_024),
    operation=st.sampled_from(Operation),
)
def test_any_prefix_fits_in_ascii(prefix: str, operation: Operation) -> None:
    text = session_policy("aws-us-gov", Reach(BUCKET, prefix, operation))
    assert len(text) <= LONGEST_POLICY
    assert text.isascii()


@pytest.mark.parametrize("operation", Operation)
def test_the_longest_prefix_is_cut_and_still_narrows(operation: Operation) -> None:
    text = session_policy("aws", Reach(BUCKET, "é" * 511 + "/", operation))
    assert len(text) <= LONGEST_POLICY
    pattern = "é" * 200
    assert pattern in str(statements(text)[0])


def test_the_bucket_wide_policy_names_the_bucket_and_the_operation() -> None:
    reads = statements(bucket_wide_policy("aws", Reach(BUCKET, "photos/", Operation.READ)))
    assert reads[0]["Resource"] == "arn:aws:s3:::acme-data/*"
    lists = statements(bucket_wide_policy("aws", Reach(BUCKET, "photos/", Operation.LIST)))
    assert lists[0]["Resource"] == "arn:aws:s3:::acme-data"
