"""S3 and KMS refuse what they refuse on AWS, and sessions end when they are told to."""

from typing import Any

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud, Keys
from tests.emulators.customer import (
    EXTERNAL_ID,
    REGION,
    allow,
    policy,
    reading_photos,
    refusal,
    session_s3,
)

ACCESS_DENIED = (403, "AccessDenied", "Access Denied")
STRANGER = Keys("333333333333", "root-of-a-stranger")
PHOTO = "photos/a.jpg"
DECRYPTING = "User: {session} is not authorized to perform: kms:Decrypt on resource: {key}"


def read(s3: Any, bucket: str, key: str = PHOTO) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def session_of(role: str) -> str:
    return f"arn:aws:sts::222222222222:assumed-role/{role.rpartition('/')[2]}/mooring"


# --- keys of KMS ---------------------------------------------------------------------------------


@pytest.fixture
def key(cloud: AwsCloud, bucket: str) -> str:
    """A key of the customer's, by its ARN, with which the photo is encrypted."""
    made = cloud.client("kms", cloud.customer, region=REGION).create_key()
    arn = str(made["KeyMetadata"]["Arn"])
    cloud.client("s3", cloud.customer, region=REGION).put_object(
        Bucket=bucket, Key=PHOTO, Body=b"a", ServerSideEncryption="aws:kms", SSEKMSKeyId=arn
    )
    return arn


def let_decrypt(cloud: AwsCloud, role: str, key: str, condition: dict[str, object]) -> None:
    statement = allow(Action="kms:Decrypt", Resource=key, Condition=condition)
    cloud.client("iam", cloud.customer).put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="kms", PolicyDocument=policy(statement)
    )


def test_an_object_is_read_by_who_may_decrypt_it_by_way_of_s3(
    cloud: AwsCloud, bucket: str, role: str, key: str
) -> None:
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    lacking = (
        403,
        "AccessDenied",
        f"{DECRYPTING} because no identity-based policy allows the kms:Decrypt action".format(
            session=session_of(role), key=key
        ),
    )
    assert refusal(lambda: read(s3, bucket)) == lacking
    via = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    elsewhere = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/private/*"}
    let_decrypt(cloud, role, key, {"StringEquals": via, "StringLike": elsewhere})
    assert refusal(lambda: read(s3, bucket)) == lacking
    here = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/photos/*"}
    let_decrypt(cloud, role, key, {"StringEquals": via, "StringLike": here})
    assert read(s3, bucket) == b"a"
    assert s3.head_object(Bucket=bucket, Key=PHOTO)["SSEKMSKeyId"] == key


def test_a_key_policy_that_does_not_let_the_account_decide_must_name_the_role(
    cloud: AwsCloud, bucket: str, role: str, key: str
) -> None:
    let_decrypt(cloud, role, key, {})
    kms = cloud.client("kms", cloud.customer, region=REGION)
    others = allow(
        Principal={"AWS": "arn:aws:iam::222222222222:user/x"}, Action="kms:*", Resource="*"
    )
    kms.put_key_policy(KeyId=key, Policy=policy(others))
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    said = refusal(lambda: read(s3, bucket))
    assert said[2].endswith("because no resource-based policy allows the kms:Decrypt action")
    named = allow(Principal={"AWS": role}, Action="kms:Decrypt", Resource="*")
    kms.put_key_policy(KeyId=key, Policy=policy(others, named))
    assert read(s3, bucket) == b"a"
    kms.put_key_policy(KeyId=key, Policy=policy(named, {**named, "Effect": "Deny"}))
    said = refusal(lambda: read(s3, bucket))
    assert said[2].endswith("with an explicit deny in a resource-based policy")


def test_a_session_policy_without_decrypt_is_what_denies(
    cloud: AwsCloud, bucket: str, role: str, key: str
) -> None:
    let_decrypt(cloud, role, key, {})
    reads = policy(allow(Action="s3:GetObject", Resource="*"))
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID, Policy=reads)
    said = refusal(lambda: read(s3, bucket))
    assert said[2].endswith("because no session policy allows the kms:Decrypt action")


def test_a_key_that_is_not_enabled_decrypts_for_nobody(
    cloud: AwsCloud, bucket: str, key: str
) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    kms = cloud.client("kms", cloud.customer, region=REGION)
    assert read(s3, bucket) == b"a"
    kms.disable_key(KeyId=key)
    assert refusal(lambda: read(s3, bucket)) == (
        400,
        "KMS.DisabledException",
        f"{key} is disabled.",
    )
    kms.schedule_key_deletion(KeyId=key)
    assert refusal(lambda: read(s3, bucket))[:2] == (400, "KMS.KMSInvalidStateException")


# --- whose bucket, whose object, who pays --------------------------------------------------------


def test_a_request_that_expects_another_owner_is_refused(cloud: AwsCloud, bucket: str) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    asked = {"Bucket": bucket, "Prefix": "photos/"}
    assert s3.list_objects_v2(**asked, ExpectedBucketOwner="222222222222")["KeyCount"] == 1
    answer = refusal(lambda: s3.list_objects_v2(**asked, ExpectedBucketOwner="111111111111"))
    assert answer == ACCESS_DENIED


def test_another_account_reads_a_requester_pays_bucket_only_if_it_pays(
    cloud: AwsCloud, bucket: str
) -> None:
    owner = cloud.client("s3", cloud.customer, region=REGION)
    everybody = policy(*reading_photos(bucket, Principal={"AWS": "333333333333"}))
    owner.put_bucket_policy(Bucket=bucket, Policy=everybody)
    other = cloud.client("s3", STRANGER, region=REGION)
    assert read(other, bucket) == b"photos/a.jpg"
    owner.put_bucket_request_payment(
        Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"}
    )
    assert refusal(lambda: read(other, bucket)) == ACCESS_DENIED
    paid = other.get_object(Bucket=bucket, Key=PHOTO, RequestPayer="requester")
    assert paid["Body"].read() == b"photos/a.jpg"
    assert read(owner, bucket) == b"photos/a.jpg"


def test_what_another_account_wrote_is_read_once_the_bucket_owns_all_objects(
    cloud: AwsCloud, role: str, bucket: str
) -> None:
    owner = cloud.client("s3", cloud.customer, region=REGION)

    def own(ownership: str) -> None:
        rules = {"Rules": [{"ObjectOwnership": ownership}]}
        owner.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)

    own("ObjectWriter")
    writes = allow(
        Principal={"AWS": "333333333333"},
        Action=["s3:PutObject", "s3:PutObjectAcl"],
        Resource=f"arn:aws:s3:::{bucket}/*",
    )
    owner.put_bucket_policy(Bucket=bucket, Policy=policy(writes))
    other = cloud.client("s3", STRANGER, region=REGION)
    other.put_object(Bucket=bucket, Key="photos/theirs.jpg", Body=b"theirs")
    shared = "bucket-owner-full-control"
    other.put_object(Bucket=bucket, Key="photos/shared.jpg", Body=b"shared", ACL=shared)
    s3 = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    assert refusal(lambda: read(s3, bucket, "photos/theirs.jpg")) == ACCESS_DENIED
    assert read(s3, bucket, "photos/shared.jpg") == b"shared"
    own("BucketOwnerEnforced")
    assert read(s3, bucket, "photos/theirs.jpg") == b"theirs"


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_not_read(cloud: AwsCloud, bucket: str, storage_class: str) -> None:
    s3 = cloud.client("s3", cloud.customer, region=REGION)
    s3.put_object(Bucket=bucket, Key="photos/old", Body=b"old", StorageClass=storage_class)
    assert refusal(lambda: read(s3, bucket, "photos/old"))[:2] == (403, "InvalidObjectState")


def test_a_session_ends_when_it_is_told_to(cloud: AwsCloud, bucket: str, role: str) -> None:
    path = f"{cloud.endpoint}/_session_ends/{role.rpartition('/')[2]}"
    httpx.put(path).raise_for_status()
    ended = session_s3(cloud, role, ExternalId=EXTERNAL_ID)
    httpx.delete(path).raise_for_status()
    assert read(session_s3(cloud, role, ExternalId=EXTERNAL_ID), bucket) == b"photos/a.jpg"
    assert refusal(lambda: read(ended, bucket))[:2] == (400, "ExpiredToken")
