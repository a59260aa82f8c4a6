"""Broken setups of who may assume the role, and for how long."""

from typing import Any
from uuid import uuid4

import httpx

from tests.emulators.customer import allow, policy
from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    failed,
    failed_among,
    warned,
)
from tests.services.credentials.access.scenes import Scene

EXTERNAL_ID = "sts:ExternalId"
VENDOR = "111111111111"


def trust(**changes: object) -> Any:
    """Return what changes the statement of the trust policy; None takes a part away."""

    async def change(scene: Scene) -> None:
        trusted = scene.trusted(await scene.external_id())
        (statement,) = trusted["Statement"]
        made = {**statement, **changes}
        trusted["Statement"] = [{name: part for name, part in made.items() if part is not None}]
        scene.customer.trust(trusted)

    return change


async def ask_for_upper_case(scene: Scene) -> None:
    scene.customer.trust(scene.trusted((await scene.external_id()).upper()))


async def deny_by_address(scene: Scene) -> None:
    trusted = scene.trusted(await scene.external_id())
    elsewhere = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    trusted["Statement"].append(
        {**trusted["Statement"][0], "Sid": "Office", "Effect": "Deny", "Condition": elsewhere}
    )
    scene.customer.trust(trusted)


async def delete_after_lending(scene: Scene) -> None:
    await scene.attach()
    scene.delete_role()


def shorten(scene: Scene) -> None:
    scene.iam.update_role(RoleName=scene.role, MaxSessionDuration=3_600)


# --- the operator's side -------------------------------------------------------------------------


def name_another_principal(scene: Scene) -> None:
    """Let the vault tell customers of a user that it is not, as after its keys were changed."""
    arn = f"arn:aws:iam::{VENDOR}:user/mooring/mooring-before"
    scene.away = {"aws_principal_arn": arn}
    (trusted := scene.trusted("any"))["Statement"][0]["Principal"] = {"AWS": arn}
    scene.customer.trust(trusted)


async def run_as_a_role(scene: Scene) -> None:
    """Run the vault with the session of a role, as on a machine of the vendor's."""
    iam = scene.cloud.client("iam", scene.cloud.vendor)
    name = f"machine-{uuid4().hex}"
    ours = {"AWS": f"arn:aws:iam::{VENDOR}:root"}
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=policy(allow(Principal=ours, Action="sts:AssumeRole")),
    )
    assumes = policy(allow(Action="sts:AssumeRole", Resource="*"))
    iam.put_role_policy(RoleName=name, PolicyName="vault", PolicyDocument=assumes)
    arn = made["Role"]["Arn"]
    sts = scene.cloud.client("sts", scene.cloud.vault)
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="machine")["Credentials"]
    trusted = scene.trusted(await scene.external_id())
    trusted["Statement"][0]["Principal"]["AWS"] = [scene.cloud.principal_arn, arn]
    scene.customer.trust(trusted)
    scene.away = {
        "aws_principal_arn": arn,
        "aws_access_key_id": None,
        "aws_secret_access_key": None,
    }
    scene.environment = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def come_home(scene: Scene) -> None:
    scene.away, scene.environment = {}, {}


async def come_home_to_the_kit(scene: Scene) -> None:
    scene.customer.trust(scene.trusted(await scene.external_id()))
    come_home(scene)


def end_sessions(scene: Scene) -> None:
    httpx.put(f"{scene.cloud.endpoint}/_session_ends/{scene.role}").raise_for_status()


def let_sessions_last(scene: Scene) -> None:
    httpx.delete(f"{scene.cloud.endpoint}/_session_ends/{scene.role}").raise_for_status()


NOT_REQUIRED = {"external_id_enforced": failed("external-id-not-required")}
NOT_EXACT = {"external_id_enforced": failed("external-id-not-exact")}
OTHER_ID = {"identity": failed_among("trust-external-id")}
OTHER_PRINCIPAL = {"identity": failed_among("trust-principal")}
ABSENT = {"identity": failed("role-absent")}

SETUPS = (
    BrokenSetup("the role was never made", Scene.delete_role, ABSENT, rounds=2),
    BrokenSetup(
        "the role was deleted after leases were lent", delete_after_lending, ABSENT, rounds=2
    ),
    BrokenSetup("the trust policy asks for no ExternalId", trust(Condition=None), NOT_REQUIRED),
    BrokenSetup(
        "the trust policy takes every ExternalId",
        trust(Condition={"StringLike": {EXTERNAL_ID: "*"}}),
        NOT_EXACT,
    ),
    BrokenSetup(
        "the trust policy takes any ExternalId of a pattern",
        trust(Condition={"ForAnyValue:StringLike": {EXTERNAL_ID: ["mooring-*", "*-*-*-*-*"]}}),
        NOT_EXACT,
    ),
    BrokenSetup(
        "the trust policy asks only that there is an ExternalId",
        trust(Condition={"Null": {EXTERNAL_ID: "false"}}),
        NOT_EXACT,
    ),
    BrokenSetup(
        "the trust policy compares the ExternalId only if there is one",
        trust(Condition={"StringEqualsIfExists": {EXTERNAL_ID: "another"}}),
        {**OTHER_ID, **NOT_REQUIRED},
    ),
    BrokenSetup(
        "the trust policy asks for another ExternalId",
        trust(Condition={"StringEquals": {EXTERNAL_ID: "another"}}),
        OTHER_ID,
    ),
    BrokenSetup("the trust policy has the ExternalId in upper case", ask_for_upper_case, OTHER_ID),
    BrokenSetup(
        "the trust policy names another account",
        trust(Principal={"AWS": "arn:aws:iam::333333333333:root"}),
        OTHER_PRINCIPAL,
    ),
    BrokenSetup(
        "the trust policy names another user of Mooring's account",
        trust(Principal={"AWS": f"arn:aws:iam::{VENDOR}:user/mooring-vault-2"}),
        OTHER_PRINCIPAL,
    ),
    BrokenSetup(
        "the trust policy names a service of AWS's",
        trust(Principal={"Service": "ec2.amazonaws.com"}),
        OTHER_PRINCIPAL,
    ),
    BrokenSetup(
        "the trust policy lacks the action sts:AssumeRole",
        trust(Action="sts:TagSession"),
        OTHER_PRINCIPAL,
    ),
    BrokenSetup(
        "the trust policy denies addresses outside of an office", deny_by_address, OTHER_PRINCIPAL
    ),
    BrokenSetup(
        "the role allows sessions of an hour",
        shorten,
        {"session_duration": warned("max-session-duration")},
    ),
    BrokenSetup(
        "the vault runs as a role",
        run_as_a_role,
        {"session_duration": warned("role-chaining")},
        Mend("the operator runs the vault with the keys of an IAM user", come_home),
    ),
    BrokenSetup(
        "the vault runs as another user than customers were told",
        name_another_principal,
        {"identity": failed("principal-mismatch")},
        Mend("the operator corrects MOORING_AWS_PRINCIPAL_ARN", come_home_to_the_kit),
    ),
    BrokenSetup(
        "the sessions end while access is verified",
        end_sessions,
        {"list": failed("session-expired")},
        Mend("the caller verifies again", let_sessions_last),
    ),
)
