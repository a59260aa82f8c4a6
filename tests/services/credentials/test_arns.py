"""ARNs: read strictly, and given back as they came."""

import pytest

from services.credentials.arns import (
    KeyArn,
    PrincipalArn,
    RoleArn,
    parse_key_arn,
    parse_principal_arn,
    parse_role_arn,
)
from shared.errors import InvalidInputError

GOOD = {
    "arn:aws:iam::123456789012:role/reader": RoleArn("aws", "123456789012", "/", "reader"),
    "arn:aws:iam::123456789012:role/a/b/reader": RoleArn("aws", "123456789012", "/a/b/", "reader"),
    "arn:aws-cn:iam::123456789012:role/r": RoleArn("aws-cn", "123456789012", "/", "r"),
    "arn:aws-us-gov:iam::123456789012:role/r+=,.@_-1": RoleArn(
        "aws-us-gov", "123456789012", "/", "r+=,.@_-1"
    ),
}
BAD = [
    "",
    "reader",
    "arn:aws:iam::12345678901:role/reader",
    "arn:aws:iam::1234567890123:role/reader",
    "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/reader",
    "arn:aws:iam::123456789012:user/reader",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::123456789012:role//reader",
    "arn:aws:iam::123456789012:role/a//reader",
    "arn:aws:iam::123456789012:role/reader/",
    "arn:aws:iam::123456789012:role/re ader",
    "arn:aws:iam::123456789012:role/reader\n",
    "arn:aws:iam::123456789012:role/'$(id)'",
    "arn:aws:iam:us-east-1:123456789012:role/reader",
    "arn:aws:sts::123456789012:assumed-role/reader/session",
    "arn:other:iam::123456789012:role/reader",
    "ARN:aws:iam::123456789012:role/reader",
    " arn:aws:iam::123456789012:role/reader",
    f"arn:aws:iam::123456789012:role/{'a' * 65}",
    f"arn:aws:iam::123456789012:role/{'a' * 512}/reader",
    "arn:aws:iam::123456789012:role/rôle",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_role_is_read_and_given_back(text: str) -> None:
    assert parse_role_arn(text) == GOOD[text]
    assert str(parse_role_arn(text)) == text


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_role_is_refused_by_field_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_role_arn(text)
    assert refused.value.members == {"field": "role_arn"}
    assert (
        refused.value.detail == "A role's ARN looks like arn:aws:iam::123456789012:role/path/name."
    )


def test_our_principal_is_a_user_or_a_role() -> None:
    user = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/vault")
    role = parse_principal_arn("arn:aws:iam::111111111111:role/mooring/vault")
    assert (user.is_role, role.is_role) == (False, True)
    assert user == PrincipalArn(
        "arn:aws:iam::111111111111:user/mooring/vault", "aws", "111111111111", is_role=False
    )
    for text in ("arn:aws:iam::111111111111:root", "arn:aws:iam::1:user/x", "vault"):
        with pytest.raises(ValueError, match="Our principal"):
            parse_principal_arn(text)


def test_a_session_of_our_role_is_recognized_without_its_path() -> None:
    role = parse_principal_arn("arn:aws:iam::111111111111:role/mooring/vault")
    assert role.is_session("arn:aws:sts::111111111111:assumed-role/vault/i-0abc")
    assert not role.is_session("arn:aws:sts::111111111111:assumed-role/vault2/i-0abc")
    assert not role.is_session("arn:aws:sts::222222222222:assumed-role/vault/i-0abc")
    user = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/vault")
    assert user.is_session("arn:aws:iam::111111111111:user/mooring/vault")
    assert not user.is_session("arn:aws:iam::111111111111:user/other")


def test_a_principal_with_a_path_longer_than_iam_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="Our principal is"):
        parse_principal_arn(f"arn:aws:iam::123456789012:user/{'a' * 512}/vault")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (
            "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            KeyArn("aws", "eu-central-1", "123456789012", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ),
        (
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef123456789012",
            KeyArn(
                "aws-us-gov",
                "us-gov-west-1",
                "123456789012",
                "mrk-1234abcd12ab34cd56ef123456789012",
            ),
        ),
    ],
)
def test_a_kms_key_is_read_and_given_back(text: str, key: KeyArn) -> None:
    assert parse_key_arn(text) == key
    assert str(key) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/images",
        "arn:aws:kms:eu-central-1:123456789012:alias/images",
        "arn:aws:kms::123456789012:key/1234abcd",
        "arn:aws:kms:*:123456789012:key/1234abcd",
        "arn:aws:kms:eu-central-1:123456789012:key/*",
        "arn:aws:kms:eu-central-1:123456789012:key/1234abcd\n",
        "arn:aws:kms:eu-central-1:123456789012:key/$(id)",
        "arn:aws:s3:eu-central-1:123456789012:key/1234abcd",
    ],
)
def test_what_is_no_kms_key_is_refused_by_field_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_key_arn(text)
    assert refused.value.members == {"field": "kms_key_arn"}
    assert refused.value.detail == (
        "A KMS key's ARN looks like arn:aws:kms:eu-central-1:123456789012:key/… and is not that of"
        " an alias."
    )
