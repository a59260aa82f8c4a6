"""Pasting: what a customer does who reads a remedy in a report, and knows nothing else.

The documents go where their names say, and the commands in the text run with the real `aws`.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.services.credentials.access.scenes import STRANGER, Scene
from tests.services.credentials.connecting import Json
from tests.services.credentials.customer import REGION
from tests.services.credentials.setup.scripts import run_in_cloud

COMMAND = re.compile(r"`(aws [^`]+)`")


def paste(scene: Scene, check: Json, remedy: Json) -> None:
    """Do what a remedy of a check says: of the whole check, or of one of its causes."""
    for name, document in remedy["documents"].items():
        PLACES[name](scene, check, document)
    for command in COMMAND.findall(remedy["text"]):
        status, output = run_in_cloud(command, scene.cloud, REGION)
        assert status == 0, output


def _trust_policy(scene: Scene, _: Json, document: Json) -> None:
    scene.customer.make_role(document)


def _permission_policy(scene: Scene, _: Json, document: Json) -> None:
    scene.permit(document)


def _bucket_policy(scene: Scene, _: Json, document: Json) -> None:
    policy = scene.bucket_policy()
    policy["Statement"] = _added(policy["Statement"], document["Statement"])
    scene.put_bucket_policy(policy)


def _cors(scene: Scene, _: Json, document: Json) -> None:
    scene.s3.put_bucket_cors(Bucket=scene.bucket, CORSConfiguration=document)


def _kms_role_statement(scene: Scene, _: Json, document: Json) -> None:
    policy = {"Version": "2012-10-17", "Statement": [document]}
    scene.iam.put_role_policy(
        RoleName=scene.role, PolicyName="mooring-kms", PolicyDocument=json.dumps(policy)
    )


def _kms_key_policy_statement(scene: Scene, check: Json, document: Json) -> None:
    policy = key_policy(scene, check["subject"])
    policy["Statement"] = _added(policy["Statement"], [document])
    put_key_policy(scene, check["subject"], policy)


def _deny_condition(scene: Scene, check: Json, document: Json) -> None:
    """Add the condition to each Deny that is there, wherever the text says to look for one."""
    policy = scene.bucket_policy()
    if _except(policy, document):
        scene.put_bucket_policy(policy)
    if check["name"] == "encryption":
        policy = key_policy(scene, check["subject"])
        if _except(policy, document):
            put_key_policy(scene, check["subject"], policy)
    if scene.method == "assume_role":
        for name in scene.iam.list_role_policies(RoleName=scene.role)["PolicyNames"]:
            own = {"RoleName": scene.role, "PolicyName": name}
            policy = scene.iam.get_role_policy(**own)["PolicyDocument"]
            if _except(policy, document):
                scene.iam.put_role_policy(**own, PolicyDocument=json.dumps(policy))


PLACES = {
    "trust_policy": _trust_policy,
    "permission_policy": _permission_policy,
    "bucket_policy": _bucket_policy,
    "cors": _cors,
    "kms_role_statement": _kms_role_statement,
    "kms_key_policy_statement": _kms_key_policy_statement,
    "deny_condition": _deny_condition,
}


def key_policy(scene: Scene, key_arn: str) -> Json:
    """Return the policy of a key in whatever account it is."""
    found: Json = json.loads(_kms(scene, key_arn).get_key_policy(KeyId=key_arn)["Policy"])
    return found


def put_key_policy(scene: Scene, key_arn: str, policy: Json) -> None:
    _kms(scene, key_arn).put_key_policy(KeyId=key_arn, Policy=json.dumps(policy))


def _kms(scene: Scene, key_arn: str) -> Any:
    account = key_arn.split(":")[4]
    owners = {each.access_key_id: each for each in (scene.cloud.customer, STRANGER)}
    return scene.cloud.client("kms", owners[account], region=REGION)


def _added(there: Iterable[Json], new: Iterable[Json]) -> list[Json]:
    """Add statements, each of which takes the place of one with its Sid."""
    added = {each["Sid"] for each in new}
    return [*(each for each in there if each.get("Sid") not in added), *new]


def _except(policy: Json, condition: Json) -> bool:
    """Add a condition to the policy's denying statements, and say whether there are any."""
    denying = [each for each in policy["Statement"] if each["Effect"] == "Deny"]
    for statement in denying:
        conditions = statement.setdefault("Condition", {})
        for operator, keys in condition.items():
            conditions[operator] = {**conditions.get(operator, {}), **keys}
    return bool(denying)
