"""Policies know how requests are signed and by which role, and refusals which policy decided."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from shared.leases import Bucket
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.uris import Provider
from tests.emulators.customer import (
    EXTERNAL_ID,
    REGION,
    allow,
    assume,
    policy,
    refusal,
    session_s3,
)

PHOTO = "photos/a.jpg"


def read(s3: Any, bucket: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=PHOTO)["Body"].read()
    return body


def denies(cloud: AwsCloud, bucket: str, action: str, condition: dict[str, dict[str, str]]) -> None:
    """Let the bucket's policy deny an action below photos/ under a condition."""
    statement: dict[str, object] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/photos/*",
        "Condition": condition,
    }
    cloud.client("s3", cloud.customer).put_bucket_policy(Bucket=bucket, Policy=policy(statement))


def presigned(cloud: AwsCloud, role: str, bucket: str, *, minutes_ago: int = 0) -> int:
    """Return the status that a URL gets which was signed some minutes ago."""
    keys = assume(cloud.client("sts", cloud.vault), role, ExternalId=EXTERNAL_ID)
    signed_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    url = presign_s3(
        Bucket(Provider.S3, bucket, REGION, cloud.endpoint, path_style=True),
        PHOTO,
        access_key_id=keys.access_key_id,
        session_token=keys.session_token,
        signing_key=derive_signing_key(keys.secret_access_key, signed_at.date(), REGION),
        signed_at=signed_at,
        expires_in=timedelta(hours=1),
    )
    return httpx.get(url).status_code


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}},
        {"StringNotEquals": {"s3:authType": "REST-HEADER"}},
    ],
)
def test_a_bucket_policy_tells_presigned_requests_from_others(
    cloud: AwsCloud, bucket: str, role: str, condition: dict[str, dict[str, str]]
) -> None:
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    assert presigned(cloud, role, bucket) == 200
    denies(cloud, bucket, "s3:GetObject", condition)
    assert read(s3, bucket) == b"photos/a.jpg"
    assert presigned(cloud, role, bucket) == 403


def test_a_bucket_policy_tells_how_old_a_signature_is(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    denies(cloud, bucket, "s3:GetObject", {"NumericGreaterThan": {"s3:signatureAge": "600000"}})
    assert presigned(cloud, role, bucket) == 200
    assert presigned(cloud, role, bucket, minutes_ago=9) == 200
    assert presigned(cloud, role, bucket, minutes_ago=11) == 403
    assert read(session_s3(cloud, role, ExternalId=EXTERNAL_ID), bucket) == b"photos/a.jpg"


def test_a_refusal_names_the_policy_that_decided(cloud: AwsCloud, bucket: str, role: str) -> None:
    iam = cloud.client("iam", cloud.customer)
    session = f"arn:aws:sts::222222222222:assumed-role/{role.rpartition('/')[2]}/mooring"
    asking = (
        f"User: {session} is not authorized to perform: s3:GetObject on resource: "
        f'"arn:aws:s3:::{bucket}/photos/a.jpg"'
    )

    def said(**narrowed: str) -> str:
        s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID, **narrowed)
        return refusal(lambda: read(s3, bucket))[2]

    lists = policy(allow(Action="s3:ListBucket", Resource="*"))
    narrow = f"{asking} because no session policy allows the s3:GetObject action"
    assert said(Policy=lists) == narrow
    boundary = iam.create_policy(PolicyName=f"limit-{uuid4().hex}", PolicyDocument=lists)
    name = role.rpartition("/")[2]
    arn = boundary["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    assert said() == f"{asking} because no permissions boundary allows the s3:GetObject action"
    iam.delete_role_permissions_boundary(RoleName=name)
    denies(cloud, bucket, "s3:GetObject", {})
    assert said() == f"{asking} with an explicit deny in a resource-based policy"
    denies(cloud, bucket, "s3:PutObject", {})
    mine = iam.get_role_policy(RoleName=name, PolicyName="read")["PolicyDocument"]
    mine["Statement"].append({**mine["Statement"][1], "Effect": "Deny"})
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=json.dumps(mine))
    assert said() == f"{asking} with an explicit deny in an identity-based policy"
    mine["Statement"] = mine["Statement"][:1]
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=json.dumps(mine))
    assert said() == f"{asking} because no identity-based policy allows the s3:GetObject action"


def test_a_deny_for_everybody_but_a_role_lets_its_sessions_in(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    denies(cloud, bucket, "s3:GetObject", {"ArnNotEquals": {"aws:PrincipalArn": f"{role}-other"}})
    assert refusal(lambda: read(s3, bucket))[:2] == (403, "AccessDenied")
    denies(cloud, bucket, "s3:GetObject", {"ArnNotEquals": {"aws:PrincipalArn": role}})
    assert read(s3, bucket) == b"photos/a.jpg"
