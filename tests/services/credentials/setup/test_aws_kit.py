"""Setup kits for S3: what each method needs."""

import pytest
from pydantic import SecretStr

from services.credentials.arns import parse_key_arn, parse_principal_arn, parse_role_arn
from services.credentials.issuers.base import AccessKey, AwsIdentity, CustomerRole, OrganizationRole
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.kms import kms_statements
from services.credentials.setup.policies import (
    add_statement,
    bucket_policy,
    permission_policy,
    trust_policy,
)
from services.credentials.setup.stores import AWS, PROFILES, StoreProfile
from shared.errors import CloudIdentityError, InvalidInputError
from shared.uris import BucketUri

PRINCIPAL = parse_principal_arn("arn:aws:iam::111111111111:user/mooring/mooring-vault")
ROLE = CustomerRole(parse_role_arn("arn:aws:iam::222222222222:role/team/reader"), "the-id")
OURS = OrganizationRole(parse_role_arn("arn:aws:iam::111111111111:role/mooring/mooring-1"), "1")
KEY = AccessKey("AKIA", SecretStr("the secret"), "https://s3.example", "auto", path_style=True)
KMS = parse_key_arn("arn:aws:kms:eu-central-1:222222222222:key/0e3f")
URI = BucketUri.parse_location("s3://acme-data/photos/")
ORIGINS = ("https://app.example", "http://localhost:3000")


def kit_for(identity: AwsIdentity, uri: BucketUri = URI) -> AwsKit:
    return make_aws_kit(identity, uri, ORIGINS, PRINCIPAL)


def test_a_customers_role_needs_trust_permission_and_cors() -> None:
    kit = kit_for(ROLE)
    assert kit.trust_policy == trust_policy(str(PRINCIPAL), "the-id")
    assert kit.permission_policy == permission_policy("aws", "acme-data", "photos/")
    assert kit.cors == cors_rules(ORIGINS)
    assert kit.bucket_policy is None
    assert (kit.role_arn, kit.external_id) == (str(ROLE.role_arn), "the-id")


def test_our_role_needs_a_bucket_policy_and_cors() -> None:
    kit = kit_for(OURS)
    assert kit.bucket_policy == bucket_policy("aws", "acme-data", "photos/", str(OURS.role_arn))
    assert (kit.trust_policy, kit.permission_policy, kit.external_id) == (None, None, None)


def test_keys_need_a_permission_policy_and_cors_and_show_no_secret() -> None:
    kit = kit_for(KEY)
    assert kit.permission_policy == permission_policy("aws", "acme-data", "photos/")
    assert (kit.trust_policy, kit.bucket_policy) == (None, None)
    assert "--endpoint-url https://s3.example s3api put-bucket-cors" in kit.script
    assert "the secret" not in repr(kit)


def test_what_kms_keys_need_is_in_all_that_a_role_is_made_of() -> None:
    kit = make_aws_kit(ROLE, URI, ORIGINS, PRINCIPAL, keys=[KMS, KMS])
    statements = kms_statements([KMS], "acme-data", "photos/", str(ROLE.role_arn), partition="aws")
    assert kit.kms_role_statement == statements["kms_role_statement"]
    assert kit.kms_key_policy_statement == statements["kms_key_policy_statement"]
    plain = permission_policy("aws", "acme-data", "photos/")
    assert kit.permission_policy == add_statement(plain, statements["kms_role_statement"])
    for text in (kit.script, str(kit.terraform), str(kit.cloudformation)):
        assert str(KMS) in text
        assert "kms:EncryptionContext:aws:s3:arn" in text


def test_our_role_may_decrypt_already_so_that_only_the_key_must_let_it() -> None:
    kit = make_aws_kit(OURS, URI, ORIGINS, None, keys=[KMS])
    statements = kms_statements([KMS], "acme-data", "photos/", str(OURS.role_arn), partition="aws")
    assert kit.kms_role_statement is None
    assert kit.kms_key_policy_statement == statements["kms_key_policy_statement"]
    assert kit.bucket_policy == bucket_policy("aws", "acme-data", "photos/", str(OURS.role_arn))


def test_a_user_of_amazon_s3_gets_the_statement_of_a_role() -> None:
    kit = make_aws_kit(KEY, URI, ORIGINS, None, keys=[KMS], store=AWS)
    statement = kms_statements([KMS], "acme-data", "photos/", None, partition="aws")[
        "kms_role_statement"
    ]
    assert kit.permission_policy == add_statement(
        permission_policy("aws", "acme-data", "photos/"), statement
    )
    assert (kit.kms_role_statement, kit.kms_key_policy_statement) == (statement, None)


@pytest.mark.parametrize("store", [each for each in PROFILES if each is not AWS])
def test_a_store_that_is_not_amazons_has_no_kms_keys(store: StoreProfile) -> None:
    with pytest.raises(InvalidInputError, match="This store has no KMS keys"):
        make_aws_kit(KEY, URI, ORIGINS, None, keys=[KMS], store=store)


def test_a_key_of_another_partition_cannot_be_the_buckets() -> None:
    china = parse_key_arn("arn:aws-cn:kms:cn-north-1:222222222222:key/1")
    with pytest.raises(InvalidInputError, match="all of its own region"):
        make_aws_kit(ROLE, URI, ORIGINS, PRINCIPAL, keys=[china])


def test_cors_allows_what_viewers_need_for_these_origins_only() -> None:
    assert cors_rules(ORIGINS) == {
        "CORSRules": [
            {
                "ID": "mooring",
                "AllowedOrigins": ["https://app.example", "http://localhost:3000"],
                "AllowedMethods": ["GET", "HEAD"],
                "AllowedHeaders": [
                    "range",
                    "if-match",
                    "if-none-match",
                    "if-modified-since",
                    "if-range",
                ],
                "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges", "Content-Length"],
                "MaxAgeSeconds": 3600,
            }
        ]
    }


def test_without_origins_there_is_no_cors() -> None:
    kit = make_aws_kit(ROLE, URI, (), PRINCIPAL)
    assert kit.cors is None
    assert "bucket-cors" not in kit.script


def test_without_a_principal_there_is_no_trust_policy_to_paste() -> None:
    with pytest.raises(CloudIdentityError):
        make_aws_kit(ROLE, URI, ORIGINS, None)
