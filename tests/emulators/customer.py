"""What a customer does on their side, and what comes of it: policies, roles, sessions, refusals."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.local.clouds.aws import AwsCloud, Keys

REGION = "eu-central-1"
EXTERNAL_ID = "mooring-4f1d"


def allow(**fields: object) -> dict[str, object]:
    return {"Effect": "Allow", **fields}


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def reading_photos(bucket: str, **principal: object) -> list[dict[str, object]]:
    """Allow listing and reading what is below photos/."""
    arn = f"arn:aws:s3:::{bucket}"
    below = {"StringLike": {"s3:prefix": "photos/*"}}
    return [
        allow(Action="s3:ListBucket", Resource=arn, Condition=below, **principal),
        allow(Action="s3:GetObject", Resource=f"{arn}/photos/*", **principal),
    ]


def assume(sts: Any, role: str, **fields: object) -> Keys:
    """Return the keys of a session of `role`."""
    made = sts.assume_role(RoleArn=role, RoleSessionName="mooring", **fields)["Credentials"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def session_s3(cloud: AwsCloud, role: str, **fields: object) -> Any:
    """Return an S3 client that the vault's user got by assuming `role`."""
    session = assume(cloud.client("sts", cloud.vault), role, **fields)
    return cloud.client("s3", session, region=REGION)


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    """Return status, code and message of the error that `call` gets."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    error = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]
