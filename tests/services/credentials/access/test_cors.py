"""CORS in reports: judged for each origin of a location as a browser judges it."""

import httpx
import pytest

from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    ALL_PASSED,
    check_of,
    connect,
    get_kit,
    statuses,
    verify,
)
from tests.services.credentials.customer import ORIGIN, Customer

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
