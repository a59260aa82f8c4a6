"""The doctor's command: the same report as the API's, from a shell, with nothing that runs."""

import json
import os
import subprocess
import sys
from typing import Any

import httpx

from deploy.local.clouds.aws import AwsCloud
from deploy.local.settings import REPOSITORY
from tests.conftest import Tenant
from tests.services.credentials.access.test_methods import make_key, without_kms
from tests.services.credentials.connecting import (
    ALL_PASSED,
    connect,
    get,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, Customer


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", "doctor", *options],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def vault_keys(cloud: AwsCloud) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": cloud.vault.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.vault.secret_access_key,
        "AWS_ENDPOINT_URL": cloud.endpoint,
    }


async def options_of(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, body: dict[str, Any]
) -> list[str]:
    path = f"/v1/credentials/{body['credential_id']}"
    credential = await get(http, tenant, path)
    named = ["--role-arn", customer.role_arn, "--external-id", credential["external_id"]]
    return [customer.uri, *named, "--origin", ORIGIN, "--allow-private"]


async def test_a_role_is_examined_as_the_api_examines_it(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    body = await connect(http, tenant, customer)
    options = await options_of(http, tenant, customer, body)
    ran = run(*options, "--json", **vault_keys(cloud))
    assert (ran.returncode, ran.stderr) == (0, "")
    report = json.loads(ran.stdout)
    assert (report["valid"], statuses(report)) == (True, ALL_PASSED)
    expected = [check["name"] for check in (await verify(http, tenant, body))["checks"]]
    assert [check["name"] for check in report["checks"]] == expected


async def test_what_is_wrong_is_shown_with_what_mends_it(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    body = await connect(http, tenant, customer)
    options = await options_of(http, tenant, customer, body)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    ran = run(*options, **vault_keys(cloud))
    assert ran.returncode == 1
    assert "Access is not valid." in ran.stdout
    assert "browser_get: cors-" in ran.stdout
    assert '"AllowedOrigins"' in ran.stdout


async def test_keys_of_a_store_are_taken_from_the_environment(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    await connect(http, tenant, customer)  # gives the bucket its CORS rule
    key = await make_key(customer, cloud)
    ran = run(
        *[customer.uri, "--endpoint", cloud.endpoint, "--origin", ORIGIN, "--allow-private"],
        "--json",
        AWS_ACCESS_KEY_ID=str(key["access_key_id"]),
        AWS_SECRET_ACCESS_KEY=str(key["secret_access_key"]),
    )
    assert ran.stderr == ""
    unknown = dict.fromkeys(("external_id_enforced", "bucket_owner"), "skipped")
    assert statuses(json.loads(ran.stdout)) == {
        **without_kms(ALL_PASSED),
        **unknown,
        "capabilities": "passed",
    }
    assert str(key["secret_access_key"]) not in ran.stdout


async def test_keys_of_a_session_are_examined_as_they_are(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    """As a shell in the customer's account has them."""
    body = await connect(http, tenant, customer)
    credential = await get(http, tenant, f"/v1/credentials/{body['credential_id']}")
    session = cloud.client("sts", cloud.vault).assume_role(
        RoleArn=customer.role_arn,
        RoleSessionName="shell",
        ExternalId=credential["external_id"],
    )["Credentials"]
    ran = run(
        *[customer.uri, "--endpoint", cloud.endpoint, "--origin", ORIGIN, "--allow-private"],
        "--json",
        AWS_ACCESS_KEY_ID=session["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=session["SecretAccessKey"],
        AWS_SESSION_TOKEN=session["SessionToken"],
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["valid"]


def test_what_cannot_be_examined_is_said_in_a_sentence() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "the-secret"}
    for options, environment, said in (
        (["gs://acme-data/"], keys, "The doctor examines s3:// URIs"),
        (["s3://acme-data/"], {}, "Name a role with --role-arn, or set AWS_ACCESS_KEY_ID"),
        (["s3://acme-data/", "--role-arn", "reader"], keys, "A role's ARN looks like"),
        (["s3://acme-data/", "--origin", "app"], keys, "origin"),
    ):
        ran = run(*options, **environment)
        assert (ran.returncode, ran.stderr) == (1, "")
        assert said in ran.stdout
        assert "the-secret" not in ran.stdout
