"""Broken setups of the bucket: what its policy denies, whose it is, and what is in it."""

import json
from typing import Any

from services.credentials.setup.cors import cors_rules
from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    failed,
    failed_among,
    warned,
)
from tests.services.credentials.access.scenes import STRANGER, Scene
from tests.services.credentials.customer import FILES, ORIGIN, PREFIX, REGION

ABSENT = "acme-no-such-bucket"


def denied(action: str | list[str], operator: str = "", **condition: object) -> Any:
    """Return what lets the bucket's policy deny an action; `aws_X` stands for the key aws:X."""
    keys = {name.replace("_", ":"): value for name, value in condition.items()}
    return lambda scene: scene.deny(action, {operator: keys} if operator else {})


def name_another_bucket(scene: Scene) -> None:
    scene.location["uri"] = f"s3://{ABSENT}/{PREFIX}"


def name_another_region(scene: Scene) -> None:
    scene.location["region"] = "us-west-2"


def name_the_bucket(scene: Scene) -> None:
    scene.location["uri"] = scene.customer.uri
    scene.location.pop("region", None)


def delete_bucket(scene: Scene, s3: Any) -> None:
    for listed in s3.list_objects_v2(Bucket=scene.bucket).get("Contents", []):
        s3.delete_object(Bucket=scene.bucket, Key=listed["Key"])
    s3.delete_bucket(Bucket=scene.bucket)


def make_bucket(scene: Scene, s3: Any) -> None:
    s3.create_bucket(Bucket=scene.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, body in FILES.items():
        s3.put_object(Bucket=scene.bucket, Key=key, Body=body)
    s3.put_bucket_cors(Bucket=scene.bucket, CORSConfiguration=cors_rules([ORIGIN]))


def lose_bucket(scene: Scene) -> None:
    """Let a stranger take the name of the bucket after the customer deleted it."""
    delete_bucket(scene, scene.s3)
    make_bucket(scene, scene.cloud.client("s3", STRANGER, region=REGION))


def lose_bucket_to_a_host(scene: Scene) -> None:
    """Let the stranger grant the role all it needs, to be read from by mistake."""
    lose_bucket(scene)
    principal = {"Principal": {"AWS": scene.customer.role_arn}}
    granted = scene.granted()
    granted["Statement"] = [{**each, **principal} for each in granted["Statement"]]
    scene.cloud.client("s3", STRANGER, region=REGION).put_bucket_policy(
        Bucket=scene.bucket, Policy=json.dumps(granted)
    )


def get_bucket_back(scene: Scene) -> None:
    delete_bucket(scene, scene.cloud.client("s3", STRANGER, region=REGION))
    make_bucket(scene, scene.s3)


def let_requesters_pay(scene: Scene) -> None:
    payment = {"Payer": "Requester"}
    scene.s3.put_bucket_request_payment(Bucket=scene.bucket, RequestPaymentConfiguration=payment)


def archived(*classes: str) -> Any:
    """Return what archives objects below the prefix, one in each class."""

    def change(scene: Scene) -> None:
        for key, storage_class in zip(scene.object_keys(), classes, strict=False):
            scene.s3.put_object(
                Bucket=scene.bucket, Key=key, Body=b"cold", StorageClass=storage_class
            )

    return change


def restore(scene: Scene) -> None:
    for key in scene.object_keys():
        scene.s3.put_object(Bucket=scene.bucket, Key=key, Body=b"warm")


def keep_objects_of_others(scene: Scene) -> None:
    """Let another account own what it puts into the bucket, as all did before 2023."""
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    scene.s3.put_bucket_ownership_controls(Bucket=scene.bucket, OwnershipControls=rules)
    policy = scene.bucket_policy()
    policy["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": STRANGER.access_key_id},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{scene.bucket}/*",
        }
    )
    scene.put_bucket_policy(policy)
    theirs = scene.cloud.client("s3", STRANGER, region=REGION)
    theirs.put_object(Bucket=scene.bucket, Key=f"{PREFIX}theirs.jpg", Body=b"theirs")


def forget_policy(scene: Scene) -> None:
    scene.s3.delete_bucket_policy(Bucket=scene.bucket)


def grant_another_role(scene: Scene) -> None:
    text = json.dumps(scene.bucket_policy())
    org_id = str(scene.tenant.org_id)
    policy = json.loads(text.replace(org_id, org_id[::-1]))
    scene.put_bucket_policy(policy)


def grant_only(statement: int) -> Any:
    def change(scene: Scene) -> None:
        policy = scene.bucket_policy()
        policy["Statement"] = [policy["Statement"][statement]]
        scene.put_bucket_policy(policy)

    return change


READS = ["s3:GetObject", "s3:GetObjectVersion"]
DENIED_LIST = {"list": failed("denied-by-bucket-policy")}
DENIED_READ = {"read": failed("denied-by-bucket-policy")}
NO_LIST = {"list": failed("list-not-granted")}
RIGHT_NAME = Mend("the caller names the bucket as it is", name_the_bucket)
RIGHT_OWNER = Mend("the customer gets the name of the bucket back", get_bucket_back)
RESTORED = Mend("the customer restores the objects", restore)
COLD = warned("archived-objects")

DENIALS = (
    BrokenSetup("the bucket's policy denies listing", denied("s3:ListBucket"), DENIED_LIST),
    BrokenSetup("the bucket's policy denies reading", denied(READS), DENIED_READ),
    BrokenSetup(
        "the bucket's policy denies addresses outside of an office",
        denied("s3:*", "NotIpAddress", aws_SourceIp="203.0.113.0/24"),
        DENIED_LIST,
    ),
    BrokenSetup(
        "the bucket's policy denies whatever does not come by a VPC endpoint",
        denied("s3:*", "StringNotEquals", aws_SourceVpce="vpce-1a2b3c4d"),
        DENIED_LIST,
    ),
    BrokenSetup(
        "the bucket's policy denies all principals but one",
        denied("s3:*", "ArnNotEquals", aws_PrincipalArn="arn:aws:iam::222222222222:root"),
        DENIED_LIST,
    ),
    BrokenSetup(
        "the bucket's policy denies reading without TLS",
        denied(READS, "Bool", aws_SecureTransport="false"),
        DENIED_READ,
    ),
)

PLACES = (
    BrokenSetup(
        "the bucket is not there",
        name_another_bucket,
        {"region": failed("bucket-absent")},
        RIGHT_NAME,
    ),
    BrokenSetup(
        "the bucket is in another region than was said",
        name_another_region,
        {"region": warned(None)},
        RIGHT_NAME,
    ),
    BrokenSetup(
        "the bucket's name was taken by a stranger who grants the same",
        lose_bucket_to_a_host,
        {"bucket_owner": warned("other-owner")},
        RIGHT_OWNER,
    ),
    BrokenSetup(
        "the bucket's name was taken by a stranger",
        lose_bucket,
        {"list": failed_among("other-owner")},
        RIGHT_OWNER,
    ),
)

CONTENTS = (
    BrokenSetup("some objects are archived", archived("GLACIER"), {"archived": COLD}, RESTORED),
    BrokenSetup(
        "all objects are archived",
        archived("GLACIER", "DEEP_ARCHIVE"),
        {"archived": COLD, "read": warned(None)},
        RESTORED,
    ),
    BrokenSetup(
        "some objects belong to another account",
        keep_objects_of_others,
        {"read": failed_among("object-owner")},
    ),
)

OTHER_ACCOUNTS = (
    BrokenSetup(
        "the bucket lets requesters pay",
        let_requesters_pay,
        {"requester_pays": failed("requester-pays")},
        method="organization_role",
    ),
    BrokenSetup(
        "the bucket has no policy for Mooring's role",
        forget_policy,
        NO_LIST,
        method="organization_role",
    ),
    BrokenSetup(
        "the bucket's policy names the role of another organization",
        grant_another_role,
        NO_LIST,
        method="organization_role",
    ),
    BrokenSetup(
        "the bucket's policy lets Mooring's role list and not read",
        grant_only(0),
        {"read": failed("read-not-granted")},
        method="organization_role",
    ),
)

SETUPS = DENIALS + PLACES + CONTENTS + OTHER_ACCOUNTS
