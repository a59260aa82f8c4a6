"""CORS in reports: judged for each origin of a location as a browser judges it."""

import json
from typing import cast

import httpx
import pytest

from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import permission_policy
from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    ALL_PASSED,
    Json,
    check_of,
    connect,
    get_kit,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, Customer

GET, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS
EVERYTHING = dict.fromkeys(ORIGIN_CHECKS, "failed")


def kit_rule(**changes: object) -> dict[str, object]:
    document: Json = cors_rules([ORIGIN])
    (rule,) = document["CORSRules"]
    return {**rule, **changes}


def put_rule(customer: Customer, rule: dict[str, object]) -> None:
    configuration = {"CORSRules": [rule]}
    customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration=configuration)


CASES: list[tuple[dict[str, object], dict[str, str], str, str]] = [
    (
        {"AllowedOrigins": ["https://other.example"]},
        EVERYTHING,
        f"The bucket has no CORS rule that lets pages at {ORIGIN} GET objects.",
        "cors-absent",
    ),
    (
        {"AllowedOrigins": ["http://app.example"]},
        EVERYTHING,
        f"allow http://app.example, and to a browser that is another origin than {ORIGIN}",
        "cors-near-origin",
    ),
    (
        {"AllowedOrigins": [f"{ORIGIN}/"]},
        EVERYTHING,
        f"allow {ORIGIN}/, and to a browser",
        "cors-near-origin",
    ),
    (
        {"AllowedOrigins": [f"{ORIGIN}:443", "app.example"]},
        EVERYTHING,
        f"allow {ORIGIN}:443 and app.example, and to a browser",
        "cors-near-origin",
    ),
    (
        {"AllowedMethods": ["GET"]},
        {HEAD: "failed"},
        f"let pages at {ORIGIN} GET objects, but not HEAD them",
        "cors-method",
    ),
    (
        {"AllowedMethods": ["HEAD"]},
        {**EVERYTHING, HEAD: "passed"},
        f"let pages at {ORIGIN} HEAD objects, but not GET them",
        "cors-method",
    ),
    (
        {"AllowedHeaders": ["authorization"]},
        {PREFLIGHT: "failed"},
        "send range, if-match, if-none-match, if-modified-since, if-range.",
        "cors-headers",
    ),
    ({"AllowedHeaders": []}, {PREFLIGHT: "failed"}, "send range, if-match", "cors-headers"),
    (
        {"AllowedHeaders": ["range", "if-match"]},
        {PREFLIGHT: "warning"},
        "send if-none-match, if-modified-since, if-range.",
        "cors-headers",
    ),
    (
        {"ExposeHeaders": ["ETag"]},
        {RANGE: "warning"},
        "cannot see the headers Content-Range, Accept-Ranges.",
        "cors-exposed-headers",
    ),
    (
        {"AllowedHeaders": ["Range", "If-*"]},
        {},
        "may send the headers that viewers set. Browsers keep this answer for 3600 s.",
        "",
    ),
    ({"MaxAgeSeconds": 0}, {}, "Browsers keep this answer for 0 s.", ""),
    ({"AllowedOrigins": ["*"]}, {}, "and so may those of any other origin.", ""),
    ({"AllowedOrigins": ["https://*.example"], "AllowedHeaders": ["*"]}, {}, "may read", ""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[0]))
async def test_cors_is_judged_for_the_origin_as_a_browser_judges_it(
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    case: tuple[dict[str, object], dict[str, str], str, str],
) -> None:
    changes, judged, sentence, code = case
    body = await connect(http, tenant, customer)
    put_rule(customer, kit_rule(**changes))
    report = await verify(http, tenant, body)
    expected = {f"{name} {ORIGIN}": status for name, status in judged.items()}
    assert statuses(report) == {**ALL_PASSED, **expected}
    assert report["valid"] == ("failed" not in judged.values())
    assert any(sentence in check["finding"] for check in report["checks"])
    kit = await get_kit(http, tenant, customer, body)
    for name in judged:
        check = check_of(report, name)
        if check["status"] != "passed":
            assert check["causes"][0]["code"] == code
            assert check["remedy"]["documents"] == {"cors": kit["cors"]}


async def test_a_bucket_without_rules_is_told_from_one_whose_rules_do_not_fit(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    report = await verify(http, tenant, body)
    sentence = f"The bucket has no CORS rules, so pages at {ORIGIN} may read nothing."
    for name in ORIGIN_CHECKS:
        check = check_of(report, name)
        assert check["finding"] == sentence
        assert [cause["code"] for cause in check["causes"]] == ["cors-none"]


async def test_where_nothing_can_be_read_the_rules_are_asked_alone(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    """An error would be one of access, which pages take for CORS."""
    body = await connect(http, tenant, customer)
    policy = permission_policy("aws", customer.bucket, "photos/")
    lists, _reads = cast("list[Json]", policy["Statement"])
    customer.permit({**policy, "Statement": [lists]})
    report = await verify(http, tenant, body)
    assert check_of(report, "read")["status"] == "failed"
    seen = {name: check_of(report, name)["status"] for name in ORIGIN_CHECKS}
    assert seen == {**dict.fromkeys(ORIGIN_CHECKS, "skipped"), PREFLIGHT: "passed"}
    assert check_of(report, HEAD)["finding"] == (
        f"The CORS rules let pages at {ORIGIN} HEAD objects. That could not be tried with one: see"
        " the check `read`."
    )


async def test_a_url_that_is_refused_whoever_sends_it_is_not_a_matter_of_cors(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    denies = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{customer.bucket}/*",
        "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denies]})
    customer.s3.put_bucket_policy(Bucket=customer.bucket, Policy=policy)
    report = await verify(http, tenant, body)
    untold = {f"{name} {ORIGIN}": "skipped" for name in (GET, RANGE, HEAD)}
    assert statuses(report) == {**ALL_PASSED, "sign": "failed", **untold}
    for name in (GET, RANGE, HEAD):
        assert check_of(report, name)["finding"] == (
            "The store refuses a presigned URL whoever sends it: see the check `sign`."
        )


async def test_each_origin_has_checks_of_its_own(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    report = await verify(http, tenant, {**body, "origins": [ORIGIN, "http://localhost:3000"]})
    theirs = {f"{name} http://localhost:3000": "failed" for name in ORIGIN_CHECKS}
    assert statuses(report) == {**ALL_PASSED, **theirs}
    without = statuses(await verify(http, tenant, {**body, "origins": []}))
    assert {name: without[name] for name in ORIGIN_CHECKS} == dict.fromkeys(
        ORIGIN_CHECKS, "skipped"
    )


async def test_files_that_browsers_keep_are_a_warning_for_who_shows_them(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    for key in ("photos/a.jpg", "photos/b c+d.txt"):
        customer.s3.put_object(
            Bucket=customer.bucket, Key=key, Body=b"x", CacheControl="max-age=600"
        )
    report = await verify(http, tenant, body)
    assert statuses(report) == {**ALL_PASSED, f"{GET} {ORIGIN}": "warning"}
    assert report["valid"]
    remedy = check_of(report, GET)["remedy"]
    assert remedy["who"] == "caller"
    assert 'crossorigin="anonymous"' in remedy["text"]
