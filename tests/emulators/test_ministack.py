"""What the journeys rely on in the demo cloud, asked of the real process."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from tests.emulators.customer import (
    EXTERNAL_ID,
    REGION,
    allow,
    policy,
    reading_photos,
    refusal,
    session_s3,
)


@pytest.mark.parametrize("external_id", [{}, {"ExternalId": "wrong"}], ids=["none", "wrong"])
def test_a_role_is_not_assumed_without_its_external_id(
    cloud: AwsCloud, role: str, external_id: dict[str, str]
) -> None:
    answer = refusal(lambda: session_s3(cloud, role, **external_id))
    assert answer[:2] == (403, "AccessDenied")


def test_a_role_session_reads_its_prefix_and_nothing_else(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="photos/")["Contents"]
    assert [one["Key"] for one in listed] == ["photos/a.jpg"]
    assert read(s3, bucket, "photos/a.jpg") == b"photos/a.jpg"
    denied = [
        refusal(lambda: s3.list_objects_v2(Bucket=bucket)),
        refusal(lambda: read(s3, bucket, "private/b.txt")),
        refusal(lambda: s3.put_object(Bucket=bucket, Key="photos/c", Body=b"")),
    ]
    assert [one[:2] for one in denied] == [(403, "AccessDenied")] * 3


def test_a_session_ends_with_its_role_even_when_the_role_is_made_again(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    session = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    assert read(session, bucket, "photos/a.jpg") == b"photos/a.jpg"
    iam = cloud.client("iam", cloud.customer)
    name = role.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    reads = iam.get_role_policy(RoleName=name, PolicyName="read")["PolicyDocument"]
    iam.delete_role_policy(RoleName=name, PolicyName="read")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=json.dumps(reads))
    assert refusal(lambda: read(session, bucket, "photos/a.jpg"))[0] == 403
    anew = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    assert read(anew, bucket, "photos/a.jpg") == b"photos/a.jpg"


def test_a_session_policy_narrows_presigned_urls_too(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    listing = policy(allow(Action="s3:ListBucket", Resource="*"))
    wide = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    narrow = session_s3(cloud, role, ExternalId=EXTERNAL_ID, Policy=listing)
    answers = [httpx.get(presigned(s3, bucket)) for s3 in (wide, narrow)]
    assert [one.status_code for one in answers] == [200, 403]
    assert answers[0].content == b"photos/a.jpg"


def test_a_bucket_policy_can_refuse_presigned_requests_alone(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    session = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    refuses: dict[str, object] = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}},
    }
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(refuses))
    assert read(session, bucket, "photos/a.jpg") == b"photos/a.jpg"
    assert httpx.get(presigned(session, bucket)).status_code == 403
    s3.delete_bucket_policy(Bucket=bucket)
    assert httpx.get(presigned(session, bucket)).status_code == 200


def test_a_bucket_policy_lets_in_the_role_of_ours_that_it_names(
    cloud: AwsCloud, bucket: str
) -> None:
    iam = cloud.client("iam", cloud.vault)
    name = f"mooring-{uuid4().hex}"
    trust = policy(allow(Principal={"AWS": cloud.principal_arn}, Action="sts:AssumeRole"))
    ours = iam.create_role(RoleName=name, Path="/mooring/", AssumeRolePolicyDocument=trust)["Role"]
    reads = policy(allow(Action=["s3:GetObject", "s3:ListBucket"], Resource="*"))
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=reads)
    s3 = session_s3(cloud, ours["Arn"])
    assert refusal(lambda: read(s3, bucket, "photos/a.jpg"))[:2] == (403, "AccessDenied")
    granted = policy(*reading_photos(bucket, Principal={"AWS": ours["Arn"]}))
    cloud.client("s3", cloud.customer).put_bucket_policy(Bucket=bucket, Policy=granted)
    assert read(s3, bucket, "photos/a.jpg") == b"photos/a.jpg"
    assert refusal(lambda: read(s3, bucket, "private/b.txt"))[:2] == (403, "AccessDenied")


def test_a_policy_can_leave_out_the_buckets_of_an_account(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    def session(account: str) -> Any:
        elsewhere = {"StringNotEquals": {"aws:ResourceAccount": account}}
        reading = allow(Action="s3:GetObject", Resource="*", Condition=elsewhere)
        return session_s3(cloud, role, ExternalId=EXTERNAL_ID, Policy=policy(reading))

    assert read(session("111111111111"), bucket, "photos/a.jpg") == b"photos/a.jpg"
    answer = refusal(lambda: read(session("222222222222"), bucket, "photos/a.jpg"))
    assert answer[:2] == (403, "AccessDenied")


def test_a_policy_of_a_role_knows_the_account_of_the_bucket_and_not_only_of_the_caller(
    cloud: AwsCloud, bucket: str
) -> None:
    iam = cloud.client("iam", cloud.vault)
    name = f"mooring-{uuid4().hex}"
    trust = policy(allow(Principal={"AWS": cloud.principal_arn}, Action="sts:AssumeRole"))
    ours = iam.create_role(RoleName=name, Path="/mooring/", AssumeRolePolicyDocument=trust)["Role"]
    of_theirs = {"StringEquals": {"aws:ResourceAccount": "222222222222"}}
    reads = policy(allow(Action="s3:GetObject", Resource="*", Condition=of_theirs))
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=reads)
    granted = policy(*reading_photos(bucket, Principal={"AWS": ours["Arn"]}))
    cloud.client("s3", cloud.customer).put_bucket_policy(Bucket=bucket, Policy=granted)
    assert read(session_s3(cloud, ours["Arn"]), bucket, "photos/a.jpg") == b"photos/a.jpg"


def test_a_bucket_that_nobody_has_is_not_found_whatever_a_policy_says_of_its_account(
    cloud: AwsCloud, role: str
) -> None:
    elsewhere = {"StringNotEquals": {"aws:ResourceAccount": "222222222222"}}
    session = session_s3(
        cloud,
        role,
        ExternalId=EXTERNAL_ID,
        Policy=policy(allow(Action="s3:ListBucket", Resource="*", Condition=elsewhere)),
    )
    cloud.client("iam", cloud.customer).put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="list",
        PolicyDocument=policy(allow(Action="s3:ListBucket", Resource="*")),
    )
    answer = refusal(lambda: session.list_objects_v2(Bucket=f"none-{uuid4().hex}"))
    assert answer[:2] == (404, "NoSuchBucket")


def test_a_stranger_learns_the_region_of_a_bucket(cloud: AwsCloud, bucket: str) -> None:
    answer = httpx.head(f"{cloud.endpoint}/{bucket}")
    assert (answer.status_code, answer.headers["x-amz-bucket-region"]) == (403, REGION)


def test_a_policy_with_a_wildcard_covers_keys_with_line_breaks(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    key = "photos/two\nlines.jpg"
    cloud.client("s3", cloud.customer, region=REGION).put_object(Bucket=bucket, Key=key, Body=b"2")
    assert read(session_s3(cloud, role, ExternalId=EXTERNAL_ID), bucket, key) == b"2"


def test_a_policy_with_variables_covers_the_characters_that_they_escape(
    cloud: AwsCloud, bucket: str, role: str
) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    for key in ("photos/${*}?/a.jpg", "photos/${abc}?/a.jpg"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    arn = f"arn:aws:s3:::{bucket}/photos/${{$}}{{${{*}}}}${{?}}/*"
    narrowed = policy(allow(Action="s3:GetObject", Resource=arn))
    session = session_s3(cloud, role, ExternalId=EXTERNAL_ID, Policy=narrowed)
    assert read(session, bucket, "photos/${*}?/a.jpg") == b"photos/${*}?/a.jpg"
    answer = refusal(lambda: read(session, bucket, "photos/${abc}?/a.jpg"))
    assert answer[:2] == (403, "AccessDenied")


def test_a_policy_is_asked_about_the_whole_key(cloud: AwsCloud, bucket: str, role: str) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    for key in ("photos//a/", "photos/a/"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    arn = f"arn:aws:s3:::{bucket}/photos//a/*"
    narrowed = policy(allow(Action="s3:GetObject", Resource=arn))
    session = session_s3(cloud, role, ExternalId=EXTERNAL_ID, Policy=narrowed)
    assert read(session, bucket, "photos//a/") == b"photos//a/"
    answer = refusal(lambda: read(session, bucket, "photos/a/"))
    assert answer[:2] == (403, "AccessDenied")


def read(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def presigned(s3: Any, bucket: str) -> str:
    params = {"Bucket": bucket, "Key": "photos/a.jpg"}
    return str(s3.generate_presigned_url("get_object", Params=params))
