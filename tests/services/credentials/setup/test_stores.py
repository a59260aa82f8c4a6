"""Profiles of S3-compatible stores: told by their hosts or answers, and what their kits hold."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.credentials.issuers.base import AccessKey
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import permission_policy
from services.credentials.setup.stores import (
    AWS,
    B2,
    CEPH,
    MINIO,
    OTHER,
    PROFILES,
    R2,
    WASABI,
    StoreProfile,
    profile_of_endpoint,
    profile_of_server,
)
from shared.uris import BucketUri
from tests.services.credentials.setup.scripts import run

URI = BucketUri.parse_location("s3://acme-data/photos/")
KEY = AccessKey("AKIA", SecretStr("the secret"), "https://s3.example", "auto", path_style=True)
ORIGINS = ("https://app.example", "http://localhost:3000")
POLICY = permission_policy("aws", "acme-data", "photos/")
R2_CORS = {
    "rules": [
        {
            "id": "mooring",
            "allowed": {
                "origins": ["https://app.example", "http://localhost:3000"],
                "methods": ["GET", "HEAD"],
                "headers": ["range", "if-match", "if-none-match", "if-modified-since", "if-range"],
            },
            "exposeHeaders": ["ETag", "Content-Range", "Accept-Ranges", "Content-Length"],
            "maxAgeSeconds": 3600,
        }
    ]
}
RGW_ID = "tx00000a0d1cf7d59d5a347-006b0bd1e1-100a-default"


def kit_of(store: StoreProfile, origins: tuple[str, ...] = ORIGINS) -> AwsKit:
    return make_aws_kit(KEY, URI, origins, None, store=store)


@pytest.mark.parametrize(
    ("endpoint", "profile"),
    [
        ("https://0123456789abcdef.r2.cloudflarestorage.com", R2),
        ("https://0123456789abcdef.eu.r2.cloudflarestorage.com", R2),
        ("https://s3.eu-central-1.wasabisys.com", WASABI),
        ("https://S3.Us-West-004.backblazeb2.com:443", B2),
        ("https://s3.eu-central-1.amazonaws.com", AWS),
        ("https://s3.cn-north-1.amazonaws.com.cn", AWS),
        ("https://evilwasabisys.com", None),
        ("https://wasabisys.com.evil.example", None),
        ("https://minio.example", None),
        ("https://192.0.2.1:9000", None),
    ],
)
def test_public_stores_are_told_by_their_hosts(endpoint: str, profile: StoreProfile | None) -> None:
    assert profile_of_endpoint(endpoint) is profile


@pytest.mark.parametrize(
    ("server", "request_id", "profile"),
    [
        ("MinIO", "17A0B2C3D4E5F607", MINIO),
        ("Ceph Object Gateway (squid)", RGW_ID, CEPH),
        ("", RGW_ID, CEPH),
        ("nginx", RGW_ID, CEPH),
        ("WasabiS3/7.21.4930-2024-11-05-8e2f3a1 (head09)", "A1B2C3", WASABI),
        ("nginx", "tx-1", OTHER),
        ("AmazonS3", "4442587FB7D0A2F9", OTHER),
        ("", "", OTHER),
    ],
)
def test_other_stores_are_told_by_their_answers(
    server: str, request_id: str, profile: StoreProfile
) -> None:
    assert profile_of_server(server, request_id) is profile


@pytest.mark.parametrize(
    ("store", "policy", "cors"),
    [
        (AWS, POLICY, cors_rules(ORIGINS)),
        (MINIO, POLICY, None),
        (CEPH, POLICY, cors_rules(ORIGINS)),
        (R2, None, R2_CORS),
        (WASABI, POLICY, cors_rules(ORIGINS)),
        (B2, None, cors_rules(ORIGINS)),
        (OTHER, POLICY, cors_rules(ORIGINS)),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_a_kit_holds_what_the_store_takes(
    store: StoreProfile, policy: object, cors: object
) -> None:
    kit = kit_of(store)
    assert kit == AwsKit(
        script=kit.script,
        advice=f"{store.advise_rights('acme-data')} {store.advise_cors('acme-data', ORIGINS)}",
        permission_policy=policy,  # type: ignore[arg-type] # a document or None
        cors=cors,  # type: ignore[arg-type]
        terraform=kit.terraform,
    )
    assert (kit.terraform is not None) == (store is AWS)
    assert "kms:" not in str(kit.permission_policy)
    assert "{" not in str(kit.advice)


@pytest.mark.parametrize("store", PROFILES, ids=lambda each: each.name)
def test_without_origins_nothing_is_said_of_cors(store: StoreProfile) -> None:
    kit = kit_of(store, ())
    assert (kit.cors, kit.advice) == (None, store.advise_rights("acme-data"))
    assert "cors" not in kit.script.lower()


@pytest.mark.parametrize("store", [R2, MINIO], ids=lambda each: each.name)
def test_the_script_says_what_it_cannot_do_at_a_store(tmp_path: Path, store: StoreProfile) -> None:
    ended = run(kit_of(store).script, tmp_path)
    assert (ended.status, ended.calls) == (2, [])
    assert store.advise_cors("acme-data", ORIGINS) in ended.output


def test_a_prefix_that_rgw_would_misread_is_allowed_with_any_character_there() -> None:
    uri = BucketUri.parse_location("s3://acme-data/a+%2F*?$:{1}~é/")
    kit = make_aws_kit(KEY, uri, (), None, store=CEPH)
    assert kit.permission_policy is not None
    lists, reads = kit.permission_policy["Statement"]  # type: ignore[misc,str-unpack]
    pattern = "a??2F????{1}~é/*"
    assert lists["Condition"] == {"StringLike": {"s3:prefix": pattern}}  # type: ignore[index,call-overload]
    assert reads["Resource"] == f"arn:aws:s3:::acme-data/{pattern}"  # type: ignore[index,call-overload]
