"""What AWS's refusals mean, in its words, where the demo cloud has no such policies."""

import pytest

from services.credentials.access.aws_diagnosis import TABLE, diagnose
from services.credentials.access.aws_evidence import read_evidence
from services.credentials.access.catalogue import named_by

ASKING = (
    "User: arn:aws:sts::222222222222:assumed-role/reader/mooring is not authorized to perform:"
    ' s3:ListBucket on resource: "arn:aws:s3:::acme-data"'
)
PLAIN = "Access Denied"
ABOVE = [("denied-by-organization", "certain")]


def causes(check: str, message: str, code: str = "AccessDenied") -> list[tuple[str, str]]:
    found = diagnose(check, read_evidence(code, message))
    return [(kind.code, confidence.value) for kind, confidence in found]


def test_the_catalogue_has_whatever_the_table_suspects_of_a_check() -> None:
    for rule in TABLE:
        for check in rule.checks:
            suspects = {kind for kind, _ in rule.suspects}
            assert suspects <= named_by(check.removesuffix("_aged")), check


@pytest.mark.parametrize("check", ["list", "read", "sign", "encryption"])
@pytest.mark.parametrize(
    "decided",
    [
        "because no service control policy allows the s3:ListBucket action",
        "with an explicit deny in a service control policy",
        "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/p",
        "due to an explicit deny in a service control policy",
        "with an explicit deny in a resource control policy",
        "because no VPC endpoint policy allows the s3:ListBucket action",
        "with an explicit deny in a VPC endpoint policy",
        "with an explicit deny in a permissions boundary",
    ],
)
def test_a_policy_above_the_role_is_for_whoever_runs_the_organization(
    check: str, decided: str
) -> None:
    assert causes(check, f"{ASKING} {decided}") == ABOVE


def test_the_role_and_the_bucket_are_told_apart() -> None:
    said = {
        "because no identity-based policy allows the s3:ListBucket action": "list-not-granted",
        "because no session policy allows the s3:ListBucket action": "list-not-granted",
        "with an explicit deny in an identity-based policy": "denied-by-role-policy",
        "with an explicit deny in a resource-based policy": "denied-by-bucket-policy",
    }
    for decided, code in said.items():
        assert causes("list", f"{ASKING} {decided}") == [(code, "certain")]


def test_between_accounts_nothing_is_told_and_all_that_fits_is_named() -> None:
    """Only within an account, or an organization, S3 says which policy decided."""
    assert causes("list", PLAIN) == [
        ("list-not-granted", "likely"),
        ("denied-by-bucket-policy", "possible"),
        ("other-owner", "possible"),
        ("denied-by-organization", "possible"),
    ]
    assert causes("read", PLAIN)[0] == ("read-not-granted", "likely")


def test_a_url_that_works_only_just_signed_is_a_matter_of_its_age() -> None:
    for message in (PLAIN, f"{ASKING} with an explicit deny in a resource-based policy"):
        assert causes("sign_aged", message) == [("signature-age", "certain")]
        assert causes("sign", message)[:2] == [
            ("presigned-denied", "likely"),
            ("signature-age", "possible"),
        ]


def test_a_url_that_is_too_old_at_once_shows_that_the_clocks_differ() -> None:
    assert causes("sign", "Request has expired") == [("clock-skew", "certain")]


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("KMS.DisabledException", "kms-key-disabled"),
        ("KMS.KMSInvalidStateException", "kms-key-deleted"),
        ("KMS.NotFoundException", "kms-key-deleted"),
    ],
)
def test_what_is_wrong_with_a_key_itself_is_told_by_its_code(code: str, cause: str) -> None:
    key = "arn:aws:kms:eu-central-1:222222222222:key/0e3f"
    assert causes("encryption", f"{key} is disabled.", code) == [(cause, "certain")]
    assert read_evidence(code, f"{key} is disabled.").key_arn == key
