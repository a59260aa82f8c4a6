"""Access reports on a cloud that enforces policies: what is wrong is found, with its remedy."""

import json

import httpx

from services.credentials.setup.policies import permission_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    ALL_PASSED,
    NOT_LET_IN,
    SEEN,
    UNREAD,
    add_role,
    check_of,
    connect,
    get_kit,
    location_body,
    statuses,
    verify,
)
from tests.services.credentials.customer import Customer


async def test_the_kit_pasted_as_it_is_makes_every_check_pass(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    report = await verify(http, tenant, await connect(http, tenant, customer))
    assert statuses(report) == ALL_PASSED
    assert report["valid"]
    assert [check["remedy"] for check in report["checks"]] == [None] * len(ALL_PASSED)
    assert [check["causes"] for check in report["checks"]] == [[]] * len(ALL_PASSED)


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


async def test_a_prefix_that_the_policy_does_not_name_cannot_be_listed(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "uri": f"s3://{customer.bucket}/private/"})
    assert not report["valid"]
    facts = ("bucket_owner", "versioning", "requester_pays")
    unknown = dict.fromkeys((*facts, *UNREAD), "skipped")
    assert statuses(report) == {**ALL_PASSED, "list": "failed", **unknown}
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
    assert set(check["remedy"]["documents"]) == {"permission_policy"}
    assert statuses(report)["sign"] == "passed"  # it is signed for the one that can be read


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
    unread = (name for name in SEEN if not name.startswith("browser_preflight"))
    assert statuses(report) == {
        **ALL_PASSED,
        **dict.fromkeys(("read", "archived"), "warning"),
        **dict.fromkeys(("encryption", "sign", *unread), "skipped"),
    }
    assert check_of(report, "read")["finding"] == (
        "Reading could not be tried: the first page of the prefix shows only markers, empty and "
        "archived objects."
    )
    assert check_of(report, "sign")["finding"] == (
        "A presigned URL could not be tried: see the check `read`."
    )


async def test_a_bucket_that_does_not_exist_is_the_callers_matter(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "uri": "s3://acme-no-such-bucket/photos/"})
    assert not report["valid"]
    passed = ("identity", "external_id_enforced", "session_duration")
    assert statuses(report) == {
        **dict.fromkeys(ALL_PASSED, "skipped"),
        **dict.fromkeys(passed, "passed"),
        "region": "failed",
    }
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
