"""Broken setups of encryption: which KMS keys the role may not use, and why."""

import json
from typing import Any

from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    failed,
    failed_among,
)
from tests.services.credentials.access.pasting import key_policy, put_key_policy
from tests.services.credentials.access.scenes import STRANGER, Scene
from tests.services.credentials.connecting import Json
from tests.services.credentials.customer import ACCOUNT, REGION

ADMINISTRATORS = {
    "Sid": "Administrators",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/administrator"},
    "Action": "kms:*",
    "Resource": "*",
}
# "AWS managed keys", KMS Developer Guide: whoever may use S3 in the account, and nobody else.
MANAGED = {
    "Sid": "Allow access through S3 for all principals in the account",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
    "Resource": "*",
    "Condition": {
        "StringEquals": {
            "kms:ViaService": f"s3.{REGION}.amazonaws.com",
            "kms:CallerAccount": ACCOUNT,
        }
    },
}


def make_key(scene: Scene, name: str = "key", *statements: Json, client: Any = None) -> str:
    """Make a key, with the policy that keys get from KMS unless statements are given."""
    kms = scene.kms if client is None else client
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    made = kms.create_key(**({"Policy": json.dumps(policy)} if statements else {}))
    scene.names[name] = str(made["KeyMetadata"]["Arn"])
    return scene.names[name]


def encrypt(scene: Scene, key_arn: str, *keys: str) -> None:
    """Encrypt objects with a key, all of them unless some are named."""
    for key in keys or scene.object_keys():
        scene.s3.put_object(
            Bucket=scene.bucket,
            Key=key,
            Body=b"encrypted",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=key_arn,
        )


def let_role_decrypt(scene: Scene, key_arn: str) -> None:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    scene.iam.put_role_policy(
        RoleName=scene.role, PolicyName="decrypt", PolicyDocument=json.dumps(policy)
    )


def encrypt_all(scene: Scene) -> None:
    encrypt(scene, make_key(scene))


def encrypt_one(scene: Scene) -> None:
    encrypt(scene, make_key(scene), scene.object_keys()[0])


def encrypt_with_two_keys(scene: Scene) -> None:
    """Encrypt each of two objects with a key of its own, of which the role may use one."""
    first, second = scene.object_keys()
    usable = make_key(scene, "usable")
    encrypt(scene, usable, first)
    let_role_decrypt(scene, usable)
    encrypt(scene, make_key(scene), second)


def keep_to_administrators(scene: Scene) -> None:
    key_arn = make_key(scene, "key", ADMINISTRATORS)
    encrypt(scene, key_arn)
    let_role_decrypt(scene, key_arn)


def keep_in_another_account(scene: Scene) -> None:
    theirs = scene.cloud.client("kms", STRANGER, region=REGION)
    encrypt(scene, make_key(scene, client=theirs))


def keep_from_other_accounts(scene: Scene) -> None:
    """Encrypt with a key of the customer's own that says nothing of Mooring's role."""
    encrypt(scene, make_key(scene))


def deny_key(scene: Scene) -> None:
    key_arn = make_key(scene)
    encrypt(scene, key_arn)
    let_role_decrypt(scene, key_arn)
    policy = key_policy(scene, key_arn)
    office = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": office,
        }
    )
    put_key_policy(scene, key_arn, policy)


def encrypt_with_managed_key(scene: Scene) -> None:
    encrypt(scene, make_key(scene, "key", MANAGED))


def encrypt_with_own_key(scene: Scene) -> None:
    """Copy the objects onto themselves with a key that lets Mooring's role in."""
    role = f"arn:aws:iam::111111111111:role/mooring/mooring-{scene.tenant.org_id}"
    decrypts = {**ADMINISTRATORS, "Principal": {"AWS": role}, "Action": "kms:Decrypt"}
    own = make_key(scene, "own", ADMINISTRATORS, {**decrypts, "Sid": "MooringDecrypts"})
    encrypt(scene, own)


def disable(scene: Scene) -> None:
    key_arn = make_key(scene)
    encrypt(scene, key_arn)
    let_role_decrypt(scene, key_arn)
    scene.kms.disable_key(KeyId=key_arn)


def schedule_deletion(scene: Scene) -> None:
    disable(scene)
    scene.kms.schedule_key_deletion(KeyId=scene.names["key"])


def bound_without_keys(scene: Scene) -> None:
    key_arn = make_key(scene)
    encrypt(scene, key_arn)
    let_role_decrypt(scene, key_arn)
    scene.bound("s3:*")


def unbind(scene: Scene) -> None:
    scene.iam.delete_role_permissions_boundary(RoleName=scene.role)


KEY = "encryption {key}"
ROLE = {KEY: failed("kms-role")}
KEY_POLICY = {KEY: failed("kms-key-policy")}

SETUPS = (
    BrokenSetup("the role may not decrypt", encrypt_all, ROLE),
    BrokenSetup("the role may not decrypt one of the objects", encrypt_one, ROLE),
    BrokenSetup("the role may not use one of two keys", encrypt_with_two_keys, ROLE),
    BrokenSetup("the key's policy lets only administrators in", keep_to_administrators, KEY_POLICY),
    BrokenSetup(
        "the key is of an account that does not know the role", keep_in_another_account, KEY_POLICY
    ),
    BrokenSetup(
        "the key's policy denies who is not in an office", deny_key, {KEY: failed("kms-denied")}
    ),
    BrokenSetup("the key is disabled", disable, {KEY: failed("kms-key-disabled")}),
    BrokenSetup(
        "the key waits for its deletion", schedule_deletion, {KEY: failed("kms-key-deleted")}
    ),
    BrokenSetup(
        "a permissions boundary does not allow decrypting",
        bound_without_keys,
        {KEY: failed("denied-by-organization")},
        Mend("whoever set the permissions boundary takes it away", unbind),
    ),
    BrokenSetup(
        "the key does not let Mooring's role in",
        keep_from_other_accounts,
        KEY_POLICY,
        method="organization_role",
    ),
    BrokenSetup(
        "the objects are encrypted with the account's key aws/s3, for Mooring's role",
        encrypt_with_managed_key,
        {KEY: failed_among("kms-managed-key")},
        Mend("the customer encrypts the objects with a key of their own", encrypt_with_own_key),
        method="organization_role",
    ),
)
