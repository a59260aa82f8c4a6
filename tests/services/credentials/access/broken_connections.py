"""Broken setups of how stores are reached: networks, and the keys of S3-compatible stores."""

import socket
from typing import Any

from tests.services.credentials.access.broken_setups import (
    BrokenSetup,
    Mend,
    failed,
)
from tests.services.credentials.access.scenes import Scene

CLOSED = "http://127.0.0.1:1"  # nothing listens there: connections are refused


def away(**settings: object) -> Any:
    """Return what lets the vault run with other settings."""
    return lambda scene: scene.away.update(settings)


def come_home(scene: Scene) -> None:
    scene.away = {}


def swallow(scene: Scene) -> None:
    """Let connections to the store be taken, and never answered."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    scene.open.append(listening)
    host, port = listening.getsockname()
    scene.away = {"aws_s3_endpoint": f"http://{host}:{port}"}
    scene.patience = 3.0


async def name_closed_endpoint(scene: Scene) -> None:
    await scene.connect_keys(endpoint=CLOSED)


async def name_open_endpoint(scene: Scene) -> None:
    await scene.connect_keys(endpoint=scene.cloud.endpoint)


async def name_unknown_key(scene: Scene) -> None:
    await scene.connect_keys(access_key_id="AKIA0000000000000000")


async def name_wrong_secret(scene: Scene) -> None:
    await scene.connect_keys(secret_access_key="wrong")


def deactivate_key(scene: Scene) -> None:
    scene.iam.update_access_key(
        UserName=scene.user, AccessKeyId=scene.key["access_key_id"], Status="Inactive"
    )


def activate_key(scene: Scene) -> None:
    scene.iam.update_access_key(
        UserName=scene.user, AccessKeyId=scene.key["access_key_id"], Status="Active"
    )


async def rotate_to_right_keys(scene: Scene) -> None:
    await scene.rotate()


def grant_everything(scene: Scene) -> None:
    scene.permit(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        }
    )


def grant_nothing(scene: Scene) -> None:
    statement = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
    scene.permit({"Version": "2012-10-17", "Statement": [statement]})


UNREACHABLE = failed("unreachable")
REACHED = Mend("whoever runs the network lets Mooring reach the store", come_home)
ROTATED = Mend("the customer rotates the credential to keys that work", rotate_to_right_keys)
REFUSED = {"identity": failed("key-refused")}

NETWORKS = (
    BrokenSetup(
        "the store refuses connections",
        away(aws_s3_endpoint=CLOSED),
        {"region": UNREACHABLE},
        REACHED,
    ),
    BrokenSetup("the store does not answer", swallow, {"region": UNREACHABLE}, REACHED),
    BrokenSetup(
        "the identity service refuses connections",
        away(aws_sts_endpoint=CLOSED),
        {"identity": UNREACHABLE},
        REACHED,
    ),
    BrokenSetup(
        "the endpoint of an access key refuses connections",
        name_closed_endpoint,
        {"identity": UNREACHABLE},
        Mend("the caller names the endpoint as it is", name_open_endpoint),
        method="access_key",
    ),
)

KEYS = (
    BrokenSetup(
        "the store does not know the access key",
        name_unknown_key,
        REFUSED,
        ROTATED,
        method="access_key",
    ),
    BrokenSetup(
        "the access key has another secret",
        name_wrong_secret,
        REFUSED,
        ROTATED,
        method="access_key",
    ),
    BrokenSetup(
        "the access key was deactivated",
        deactivate_key,
        REFUSED,
        Mend("the customer activates the key", activate_key),
        method="access_key",
    ),
    BrokenSetup(
        "the access key may do everything",
        grant_everything,
        {"scope": failed("lists-outside"), "write_refused": failed("may-change")},
        method="access_key",
    ),
    BrokenSetup(
        "the access key may do nothing",
        grant_nothing,
        {"list": failed("list-not-granted")},
        method="access_key",
    ),
)

SETUPS = NETWORKS + KEYS
