"""KMS statements: the objects below one prefix and the bucket key, through S3, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credentials.arns import KeyArn, parse_key_arn
from services.credentials.setup.kms import kms_statements
from services.credentials.setup.policies import Document
from shared.errors import InvalidInputError
from tests.services.credentials.setup.test_policies import matches

ROLE = "arn:aws:iam::222222222222:role/reader"
KEY = parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")
SECOND = parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/mrk-77")
CONDITION = {
    "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"},
    "StringLike": {
        "kms:EncryptionContext:aws:s3:arn": [
            "arn:aws:s3:::acme-data/photos/*",
            "arn:aws:s3:::acme-data",
        ]
    },
}

texts = st.text(alphabet="ab/*?${}é", max_size=12)


def statements_for(
    keys: list[KeyArn], bucket: str, prefix: str, principal_arn: str | None = None
) -> dict[str, Document]:
    return kms_statements(keys, bucket, prefix, principal_arn, partition="aws")


def contexts(prefix: str) -> list[str]:
    statement: Any = statements_for([KEY], "acme-data", prefix)["kms_role_statement"]
    found: list[str] = statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"]
    return found


def test_the_role_and_the_key_each_get_a_statement() -> None:
    statements = statements_for([KEY], "acme-data", "photos/", ROLE)
    assert statements == {
        "kms_role_statement": {
            "Sid": statements["kms_role_statement"]["Sid"],
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": str(KEY),
            "Condition": CONDITION,
        },
        "kms_key_policy_statement": {
            "Sid": statements["kms_key_policy_statement"]["Sid"],
            "Effect": "Allow",
            "Principal": {"AWS": ROLE},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": CONDITION,
        },
    }


def test_without_a_principal_there_is_a_statement_of_the_role_alone() -> None:
    with_one = statements_for([KEY], "acme-data", "photos/", ROLE)
    assert statements_for([KEY], "acme-data", "photos/") == {
        "kms_role_statement": with_one["kms_role_statement"]
    }


def test_several_keys_are_named_in_one_statement() -> None:
    statement = statements_for([KEY, SECOND], "acme-data", "photos/", ROLE)["kms_role_statement"]
    assert statement["Resource"] == [str(KEY), str(SECOND)]


def test_statements_of_several_locations_and_keys_fit_into_one_policy() -> None:
    made = [
        statements_for(keys, bucket, prefix, ROLE)
        for bucket, prefix in (("acme", "a/"), ("acme", "b/"), ("acme-a", "/"))
        for keys in ([KEY], [SECOND], [KEY, SECOND])
    ]
    assert len({each["kms_role_statement"]["Sid"] for each in made}) == 9
    # That of a key says the same for all keys of a location, and is the same there.
    assert len({each["kms_key_policy_statement"]["Sid"] for each in made}) == 3


@pytest.mark.parametrize(
    ("key", "service"),
    [
        ("arn:aws-cn:kms:cn-north-1:222222222222:key/1", "s3.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:kms:us-gov-west-1:222222222222:key/1", "s3.us-gov-west-1.amazonaws.com"),
    ],
)
def test_decryption_goes_through_s3_of_the_region_in_each_partition(key: str, service: str) -> None:
    statement: Any = kms_statements(
        [parse_key_arn(key)], "acme", "", None, partition=key.split(":")[1]
    )["kms_role_statement"]
    partition = key.split(":")[1]
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": service},
        "StringLike": {
            "kms:EncryptionContext:aws:s3:arn": [
                f"arn:{partition}:s3:::acme/*",
                f"arn:{partition}:s3:::acme",
            ]
        },
    }


@pytest.mark.parametrize(
    "other",
    [
        "arn:aws:kms:us-east-1:222222222222:key/0e3f",
        "arn:aws-cn:kms:eu-central-1:222222222222:key/0e3f",
    ],
)
def test_keys_of_another_region_or_partition_cannot_be_the_buckets(other: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        statements_for([KEY, parse_key_arn(other)], "acme-data", "", ROLE)
    assert refused.value.members == {"field": "kms_key_arn"}


def test_while_no_key_is_known_any_will_do_for_the_same_objects() -> None:
    statements = statements_for([], "acme-data", "photos/", ROLE)
    condition = {
        "StringLike": {
            "kms:ViaService": "s3.*.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": [
                "arn:aws:s3:::acme-data/photos/*",
                "arn:aws:s3:::acme-data",
            ],
        }
    }
    assert [each["Condition"] for each in statements.values()] == [condition] * 2
    assert statements["kms_role_statement"]["Resource"] == "*"


@given(prefix=texts, key=texts)
def test_every_object_below_the_prefix_decrypts_and_none_outside(prefix: str, key: str) -> None:
    arn = f"arn:aws:s3:::acme-data/{key}"
    assert any(matches(each, arn) for each in contexts(prefix)) == key.startswith(prefix)


@given(prefix=texts)
def test_the_bucket_key_decrypts_and_that_of_no_other_bucket(prefix: str) -> None:
    assert any(matches(each, "arn:aws:s3:::acme-data") for each in contexts(prefix))
    for other in ("acme-data2", "acme-dat", "acme"):
        assert not any(matches(each, f"arn:aws:s3:::{other}") for each in contexts(prefix))
