"""Broken setups of what the role may do: too little, and too much.

Whether it may delete is asked by nobody, since it cannot be asked without deleting.
"""

import json
from typing import Any

from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    failed,
    warned,
)
from tests.services.credentials.access.scenes import Scene
from tests.services.credentials.connecting import Json
from tests.services.credentials.customer import PREFIX

LIST, READ = 0, 1
BARE = PREFIX.removesuffix("/")
OTHER = "other-policy"


def without(statement: int) -> Any:
    """Return what takes a statement away."""

    def change(scene: Scene) -> None:
        granted = scene.granted()
        del granted["Statement"][statement]
        scene.permit(granted)

    return change


def changed(statement: int, **parts: object) -> Any:
    """Return what changes parts of a statement; `BUCKET` in them is the bucket's ARN."""

    def change(scene: Scene) -> None:
        granted = scene.granted()
        made = {**granted["Statement"][statement], **parts}
        text = json.dumps({name: part for name, part in made.items() if part is not None})
        granted["Statement"][statement] = json.loads(text.replace("BUCKET", arn_of(scene)))
        scene.permit(granted)

    return change


def added(**statement: object) -> Any:
    """Return what adds a statement to the policy."""

    def change(scene: Scene) -> None:
        granted = scene.granted()
        text = json.dumps({"Effect": "Allow", **statement})
        granted["Statement"].append(json.loads(text.replace("BUCKET", arn_of(scene))))
        scene.permit(granted)

    return change


def arn_of(scene: Scene) -> str:
    return f"arn:aws:s3:::{scene.bucket}"


def prefix(pattern: str) -> Json:
    return {"StringLike": {"s3:prefix": pattern}}


def keep_versions(scene: Scene) -> None:
    """Let the bucket keep versions, and the role read the newest ones only."""
    scene.s3.put_bucket_versioning(
        Bucket=scene.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for key in scene.object_keys():
        scene.s3.put_object(Bucket=scene.bucket, Key=key, Body=b"newer")
    changed(READ, Action="s3:GetObject")(scene)


def see_the_account(scene: Scene) -> None:
    """Give the role a second policy like AWS's AmazonS3ReadOnlyAccess."""
    reads = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    scene.iam.put_role_policy(
        RoleName=scene.role,
        PolicyName=OTHER,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [reads]}),
    )


def take_other_policy(scene: Scene) -> None:
    scene.iam.delete_role_policy(RoleName=scene.role, PolicyName=OTHER)


def take_boundary(scene: Scene) -> None:
    scene.iam.delete_role_permissions_boundary(RoleName=scene.role)


def bounded(*actions: str) -> Any:
    return lambda scene: scene.bound(*actions)


NO_LIST = {"list": failed("list-not-granted")}
NO_READ = {"read": failed("read-not-granted")}
WIDE_LIST = {"scope": failed("lists-outside")}
WIDE_READ = {"scope": failed("reads-outside")}
DENIED = "denied-by-role-policy"
UNBOUND = Mend("whoever set the permissions boundary takes it away", take_boundary)

TOO_LITTLE = (
    BrokenSetup("the role may not list", without(LIST), NO_LIST),
    BrokenSetup("the role may not read", without(READ), NO_READ),
    BrokenSetup(
        "the role may not list versions",
        changed(LIST, Action="s3:ListBucket"),
        {"versioning": warned("versions-not-listed")},
    ),
    BrokenSetup(
        "the role may not read versions, and the bucket keeps them",
        keep_versions,
        {"versioning": warned("read-not-granted")},
    ),
    BrokenSetup(
        "the role lists another prefix", changed(LIST, Condition=prefix("other/*")), NO_LIST
    ),
    BrokenSetup(
        "the role lists the prefix with a slash before it",
        changed(LIST, Condition=prefix(f"/{PREFIX}*")),
        NO_LIST,
    ),
    BrokenSetup(
        "the role lists the prefix without its slash, and nothing that begins with it",
        changed(LIST, Condition={"StringEquals": {"s3:prefix": BARE}}),
        {**NO_LIST, **WIDE_LIST},
    ),
    BrokenSetup(
        "the role lists another bucket",
        changed(LIST, Resource="arn:aws:s3:::acme-other"),
        NO_LIST,
    ),
    BrokenSetup("the role lists the bucket's objects", changed(LIST, Resource="BUCKET/*"), NO_LIST),
    BrokenSetup(
        "the role lists by way of a VPC endpoint only",
        changed(LIST, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
        NO_LIST,
    ),
    BrokenSetup("the role reads another prefix", changed(READ, Resource="BUCKET/other/*"), NO_READ),
    BrokenSetup(
        "the role reads another bucket",
        changed(READ, Resource=f"arn:aws:s3:::acme-other/{PREFIX}*"),
        NO_READ,
    ),
    BrokenSetup(
        "the role reads the bucket and no object", changed(READ, Resource="BUCKET"), NO_READ
    ),
    BrokenSetup(
        "the role reads some of the objects",
        changed(READ, Resource=f"BUCKET/{PREFIX}b*"),
        NO_READ,
    ),
    BrokenSetup(
        "a policy of the role denies listing",
        added(Effect="Deny", Action="s3:ListBucket", Resource="*"),
        {"list": failed(DENIED)},
    ),
    BrokenSetup(
        "a policy of the role denies sessions that were revoked",
        added(
            Effect="Deny",
            Action="*",
            Resource="*",
            Condition={"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}},
        ),
        {"list": failed(DENIED)},
    ),
    BrokenSetup(
        "a policy of the role denies reading from outside of an office",
        added(
            Effect="Deny",
            Action="s3:GetObject",
            Resource="*",
            Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        ),
        {"read": failed(DENIED)},
    ),
    BrokenSetup(
        "a permissions boundary does not allow listing",
        bounded("s3:GetObject*"),
        {"list": failed("denied-by-organization")},
        UNBOUND,
    ),
    BrokenSetup(
        "a permissions boundary does not allow reading",
        bounded("s3:ListBucket*"),
        {"read": failed("denied-by-organization")},
        UNBOUND,
    ),
)

TOO_MUCH = (
    BrokenSetup(
        "the role lists whatever begins with the prefix without its slash",
        changed(LIST, Condition=prefix(f"{BARE}*")),
        WIDE_LIST,
    ),
    BrokenSetup(
        "the role reads whatever begins with the prefix without its slash",
        changed(READ, Resource=f"BUCKET/{BARE}*"),
        WIDE_READ,
    ),
    BrokenSetup("the role lists the whole bucket", changed(LIST, Condition=None), WIDE_LIST),
    BrokenSetup("the role reads the whole bucket", changed(READ, Resource="BUCKET/*"), WIDE_READ),
    BrokenSetup(
        "the role sees the names of all buckets",
        added(Action="s3:ListAllMyBuckets", Resource="*"),
        {"scope": failed("lists-buckets")},
    ),
    BrokenSetup(
        "the role puts objects",
        changed(READ, Action=["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]),
        {"write_refused": failed("may-change")},
    ),
    BrokenSetup(
        "the role may do everything with the bucket",
        added(Action="s3:*", Resource=["BUCKET", "BUCKET/*"]),
        {**WIDE_LIST, "write_refused": failed("may-change")},
    ),
    BrokenSetup(
        "a second policy lets the role read everything in the account",
        see_the_account,
        WIDE_LIST,
        Mend("the customer takes the second policy away", take_other_policy),
    ),
)

SETUPS = TOO_LITTLE + TOO_MUCH
