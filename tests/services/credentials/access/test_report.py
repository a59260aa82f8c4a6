"""Access reports on a cloud that enforces policies: what is wrong is found, with its remedy."""

import json

import httpx
import pytest

from deploy.local.cloud import Cloud
from services.credentials.setup.policies import permission_policy, trust_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    add_role,
    check_of,
    connect,
    get,
    get_kit,
    location_body,
    post,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, Customer

ALL_PASSED = {
    "identity": "passed",
    "external_id_enforced": "passed",
    "session_duration": "passed",
    "region": "passed",
    "list": "passed",
    "read": "passed",
    "sign": "passed",
    f"cors {ORIGIN}": "passed",
}
NOT_LET_IN = dict.fromkeys(
    ("external_id_enforced", "session_duration", "list", "read", "sign", f"cors {ORIGIN}"),
    "skipped",
)


async def test_the_kit_pasted_as_it_is_makes_every_check_pass(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    report = await verify(http, tenant, await connect(http, tenant, customer))
    assert statuses(report) == ALL_PASSED
    assert report["valid"]
    assert [check["remedy"] for check in report["checks"]] == [None] * 8
    assert all(check["duration_ms"] > 0 for check in report["checks"])


async def test_a_trust_policy_without_the_external_id_makes_the_report_invalid(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    credential = await get(http, tenant, f"/v1/credentials/{body['credential_id']}")
    exact = trust_policy(customer.cloud.principal_arn, credential["external_id"])
    loose = json.loads(json.dumps(exact))
    del loose["Statement"][0]["Condition"]
    customer.trust(loose)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    assert statuses(report) == {**ALL_PASSED, "external_id_enforced": "failed"}
    check = check_of(report, "external_id_enforced")
    assert "without any ExternalId" in check["finding"]
    assert check["remedy"]["who"] == "customer"
    assert check["remedy"]["documents"] == {"trust_policy": exact}
    customer.trust(check["remedy"]["documents"]["trust_policy"])
    assert (await verify(http, tenant, body))["valid"]


async def test_a_trust_policy_that_takes_any_external_id_makes_the_report_invalid(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    any_id = trust_policy(customer.cloud.principal_arn, "*")
    any_id["Statement"][0]["Condition"] = {"StringLike": {"sts:ExternalId": "*"}}  # type: ignore[index,call-overload]
    customer.trust(any_id)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    assert "with a wrong ExternalId" in check_of(report, "external_id_enforced")["finding"]


async def test_a_role_that_does_not_exist_yet_is_an_identity_that_failed(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    credential = await add_role(http, tenant, customer)
    kit = await get_kit(http, tenant, customer, credential)
    report = await verify(http, tenant, location_body(customer, credential))
    assert not report["valid"]
    assert statuses(report) == {"identity": "failed", "region": "passed", **NOT_LET_IN}
    remedy = check_of(report, "identity")["remedy"]
    assert remedy["documents"] == {"trust_policy": kit["trust_policy"]}
    assert customer.role_arn in remedy["text"]


async def test_a_role_with_another_external_id_proves_nothing_by_refusing(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.trust(trust_policy(customer.cloud.principal_arn, "another"))
    report = await verify(http, tenant, body)
    assert statuses(report) == {"identity": "failed", "region": "passed", **NOT_LET_IN}
    assert "another ExternalId" in check_of(report, "identity")["finding"]


async def test_a_prefix_that_the_policy_does_not_name_cannot_be_listed(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "uri": f"s3://{customer.bucket}/private/"})
    assert not report["valid"]
    failed = {"list": "failed", **dict.fromkeys(("read", "sign", f"cors {ORIGIN}"), "skipped")}
    assert statuses(report) == {**ALL_PASSED, **failed}
    remedy = check_of(report, "list")["remedy"]
    assert remedy["who"] == "customer"
    expected = permission_policy("aws", customer.bucket, "private/")
    assert remedy["documents"] == {"permission_policy": expected}


async def test_objects_that_cannot_be_read_are_counted(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    narrow = json.loads(json.dumps(permission_policy("aws", customer.bucket, "photos/")))
    narrow["Statement"][1]["Resource"] = f"arn:aws:s3:::{customer.bucket}/photos/b*"
    customer.permit(narrow)
    report = await verify(http, tenant, body)
    assert not report["valid"]
    check = check_of(report, "read")
    assert check["status"] == "failed"
    assert check["finding"].startswith("1 of 2 sampled objects can be read")
    assert set(check["remedy"]["documents"]) == {"permission_policy", "kms_key_policy_statement"}
    assert statuses(report)["sign"] == "failed"  # it is signed for the first sample


async def test_an_empty_prefix_is_valid_and_says_what_could_not_be_tried(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    for key in ("photos/a.jpg", "photos/b c+d.txt"):
        customer.s3.delete_object(Bucket=customer.bucket, Key=key)
    customer.s3.put_object(Bucket=customer.bucket, Key="photos/", Body=b"")
    customer.s3.put_object(
        Bucket=customer.bucket, Key="photos/old.jpg", Body=b"x", StorageClass="GLACIER"
    )
    report = await verify(http, tenant, body)
    assert report["valid"]
    tried = {"read": "skipped", "sign": "skipped", f"cors {ORIGIN}": "warning"}
    assert statuses(report) == {**ALL_PASSED, **tried}


async def test_a_bucket_that_does_not_exist_is_the_callers_matter(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "uri": "s3://acme-no-such-bucket/photos/"})
    assert not report["valid"]
    skipped = dict.fromkeys(("list", "read", "sign", f"cors {ORIGIN}"), "skipped")
    assert statuses(report) == {**ALL_PASSED, "region": "failed", **skipped}
    assert check_of(report, "region")["remedy"]["who"] == "caller"


async def test_a_region_that_was_given_wrong_is_a_warning(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "region": "us-west-2"})
    assert report["valid"]
    assert statuses(report) == {**ALL_PASSED, "region": "warning"}


async def test_a_short_session_is_a_warning_that_names_the_limit(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.iam.update_role(RoleName=customer.role_name, MaxSessionDuration=3_600)
    check = check_of(await verify(http, tenant, body), "session_duration")
    assert (check["status"], check["remedy"]["who"]) == ("warning", "customer")
    assert check["finding"] == (
        "A session lasts 1 hour, so a presigned URL works for 1 hour at most, and 30 minutes can "
        "always be had: the role's maximum session duration is below 12 hours."
    )
    assert (
        f"--role-name {customer.role_name} --max-session-duration 43200"
        in (check["remedy"]["text"])
    )


CORS_RULE = {
    "AllowedOrigins": [ORIGIN],
    "AllowedMethods": ["GET", "HEAD"],
    "AllowedHeaders": ["range"],
    "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges"],
}


@pytest.mark.parametrize(
    ("rule", "judged"),
    [
        (None, ("failed", f"do not let {ORIGIN} GET with the header Range")),
        ({"AllowedOrigins": ["https://other.example"]}, ("failed", f"do not let {ORIGIN} GET")),
        ({"AllowedOrigins": ["http://app.example"]}, ("failed", f"do not let {ORIGIN} GET")),
        ({"AllowedMethods": ["GET"]}, ("failed", f"do not let {ORIGIN} HEAD")),
        ({"AllowedHeaders": ["authorization"]}, ("failed", f"do not let {ORIGIN} GET")),
        ({"ExposeHeaders": []}, ("warning", "cannot see the headers ETag, Content-Range")),
        ({}, ("passed", "may read objects")),
        ({"AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}, ("passed", "may read objects")),
    ],
)
async def test_cors_is_judged_for_the_origin_as_a_browser_judges_it(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    rule: dict[str, object] | None,
    judged: tuple[str, str],
) -> None:
    status, finding = judged
    body = await connect(http, tenant, customer)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    if rule is not None:
        rules = {"CORSRules": [{**CORS_RULE, **rule}]}
        customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration=rules)
    report = await verify(http, tenant, body)
    check = check_of(report, "cors")
    assert (check["subject"], check["status"]) == (ORIGIN, status)
    assert finding in check["finding"]
    assert report["valid"] == (status != "failed")
    if status != "passed":
        kit = await get_kit(http, tenant, customer, body)
        assert check["remedy"]["documents"] == {"cors": kit["cors"]}


async def test_each_origin_has_a_check_of_its_own(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "origins": [ORIGIN, "http://localhost:3000"]})
    assert statuses(report) == {**ALL_PASSED, "cors http://localhost:3000": "failed"}
    without = statuses(await verify(http, tenant, {**body, "origins": []}))
    assert without["cors"] == "skipped"


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
    assert statuses(after) == {**ALL_PASSED, "external_id_enforced": "skipped"}


async def make_key(customer: Customer, cloud: Cloud) -> dict[str, object]:
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
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: Cloud
) -> None:
    body = await make_key(customer, cloud)
    credential = await post(http, tenant, "/v1/credentials", body)
    customer.apply(await get_kit(http, tenant, customer, credential))
    report = await verify(http, tenant, location_body(customer, credential))
    assert report["valid"]
    expected = {**ALL_PASSED, "external_id_enforced": "skipped"}
    assert statuses(report) == expected


@pytest.mark.parametrize(
    "change", [{"secret_access_key": "wrong"}, {"access_key_id": "AKIA0000000000000000"}]
)
async def test_an_access_key_that_the_store_does_not_know_is_an_identity_that_failed(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    cloud: Cloud,
    change: dict[str, str],
) -> None:
    body = {**await make_key(customer, cloud), **change}
    credential = await post(http, tenant, "/v1/credentials", body)
    report = await verify(http, tenant, location_body(customer, credential))
    assert not report["valid"]
    assert statuses(report) == {"identity": "failed", "region": "passed", **NOT_LET_IN}
    assert check_of(report, "identity")["finding"] == "The store does not accept the access key."


async def test_an_access_key_that_may_do_nothing_is_known_but_cannot_list(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, cloud: Cloud
) -> None:
    credential = await post(http, tenant, "/v1/credentials", await make_key(customer, cloud))
    elsewhere = location_body(customer, credential, uri=f"s3://{customer.bucket}/private/")
    report = await verify(http, tenant, elsewhere)
    assert statuses(report)["identity"] == "passed"
    assert statuses(report)["list"] == "failed"
