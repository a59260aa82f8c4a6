"""Reports about the other two methods: our own role by bucket policy, and access keys."""

import json
from uuid import uuid4

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from services.credentials.setup.policies import permission_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    ALL_PASSED,
    NOT_LET_IN,
    check_of,
    get_kit,
    location_body,
    post,
    statuses,
    verify,
)
from tests.services.credentials.customer import Customer


async def test_a_bucket_policy_lets_the_role_of_the_organization_in(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = {"method": "organization_role", "name": "Ours"}
    credential = await post(http, tenant, "/v1/credentials", body)
    kit = await get_kit(http, tenant, customer, credential)
    location = location_body(customer, credential)
    before = await verify(http, tenant, location)
    assert not before["valid"]
    remedy = check_of(before, "list")["remedy"]
    assert remedy["documents"] == {"bucket_policy": kit["bucket_policy"]}
    customer.apply(kit)
    after = await verify(http, tenant, location)
    assert after["valid"]
    unknown = dict.fromkeys(("external_id_enforced", "bucket_owner"), "skipped")
    assert statuses(after) == {**ALL_PASSED, **unknown}


async def test_the_role_of_an_organization_reaches_no_bucket_of_our_own_account(
    http: httpx.AsyncClient, tenant: Tenant, cloud: AwsCloud
) -> None:
    """Within an account a role's own policy is enough, so that must not grant anything there."""
    bucket = f"vendor-{uuid4().hex[:16]}"
    s3 = cloud.client("s3", cloud.vendor)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="ours/secret.txt", Body=b"ours")
    body = {"method": "organization_role", "name": "Ours"}
    credential = await post(http, tenant, "/v1/credentials", body)
    place = {"credential_id": credential["credential_id"], "name": "Theirs", "origins": []}
    report = await verify(http, tenant, {**place, "uri": f"s3://{bucket}/ours/"})
    assert not report["valid"]
    assert statuses(report)["identity"] == "passed"
    assert statuses(report)["list"] == "failed"


def without_kms(checks: dict[str, str]) -> dict[str, str]:
    return {name: status for name, status in checks.items() if name != "encryption"}


async def make_key(customer: Customer, cloud: AwsCloud) -> dict[str, object]:
    name = f"user-{customer.role_name}"
    customer.iam.create_user(UserName=name)
    policy = json.dumps(permission_policy("aws", customer.bucket, "photos/"))
    customer.iam.put_user_policy(UserName=name, PolicyName="mooring", PolicyDocument=policy)
    key = customer.iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "method": "access_key",
        "name": "Keys",
        "endpoint": cloud.endpoint,
        "region": "us-east-1",
        "access_key_id": key["AccessKeyId"],
        "secret_access_key": key["SecretAccessKey"],
    }


async def test_an_access_key_reaches_a_store_without_sts(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    body = await make_key(customer, cloud)
    credential = await post(http, tenant, "/v1/credentials", body)
    customer.apply(await get_kit(http, tenant, customer, credential))
    report = await verify(http, tenant, location_body(customer, credential))
    assert report["valid"]
    unknown = dict.fromkeys(("external_id_enforced", "bucket_owner"), "skipped")
    assert statuses(report) == {**without_kms(ALL_PASSED), **unknown, "capabilities": "passed"}


@pytest.mark.parametrize(
    "change", [{"secret_access_key": "wrong"}, {"access_key_id": "AKIA0000000000000000"}]
)
async def test_an_access_key_that_the_store_does_not_know_is_an_identity_that_failed(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    cloud: AwsCloud,
    change: dict[str, str],
) -> None:
    body = {**await make_key(customer, cloud), **change}
    credential = await post(http, tenant, "/v1/credentials", body)
    report = await verify(http, tenant, location_body(customer, credential))
    assert not report["valid"]
    assert statuses(report) == {
        "identity": "failed",
        "region": "passed",
        "capabilities": "skipped",
        **without_kms(NOT_LET_IN),
    }
    assert check_of(report, "identity")["finding"] == "The store does not accept the access key."


async def test_an_access_key_that_may_do_nothing_is_known_but_cannot_list(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: AwsCloud
) -> None:
    credential = await post(http, tenant, "/v1/credentials", await make_key(customer, cloud))
    elsewhere = location_body(customer, credential, uri=f"s3://{customer.bucket}/private/")
    report = await verify(http, tenant, elsewhere)
    assert statuses(report)["identity"] == "passed"
    assert statuses(report)["list"] == "failed"
    capabilities = check_of(report, "capabilities")
    assert (capabilities["status"], capabilities["finding"]) == (
        "skipped",
        "The prefix could not be listed: see the check `list`.",
    )
