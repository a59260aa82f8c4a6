"""What a report of a healthy location costs its owner: few requests, and none that writes."""

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from deploy.local.clouds.aws import AwsCloud
from services.credentials.main import create_app
from services.credentials.settings import Settings
from tests.conftest import Tenant
from tests.emulators.slow_road import SlowRoad, slow_road
from tests.services.credentials.connecting import Json, connect, verify
from tests.services.credentials.customer import ORIGIN, Customer

FOLDERS, FILES = 5, 300
MOST_REQUESTS = 60
READING = {"GET", "HEAD", "OPTIONS"}


def fill(customer: Customer) -> None:
    """Put more objects below the prefix than one page of a listing has."""
    for folder in range(FOLDERS):
        for number in range(FILES):
            key = f"photos/{folder}/{number:03}.jpg"
            customer.s3.put_object(Bucket=customer.bucket, Key=key, Body=b"a photo")


def state_of(customer: Customer) -> Json:
    """Return all that a request could have changed in the bucket."""
    bucket = {"Bucket": customer.bucket}
    versions = customer.s3.get_paginator("list_object_versions").paginate(**bucket)
    return {
        "versions": [each for page in versions for each in page.get("Versions", [])],
        "uploads": customer.s3.list_multipart_uploads(**bucket).get("Uploads", []),
        "cors": customer.s3.get_bucket_cors(**bucket)["CORSRules"],
    }


async def report_along(road: SlowRoad, settings: Settings, tenant: Tenant, body: Json) -> Json:
    """Verify by a vault that reaches the cloud along this road alone."""
    far = settings.model_copy(update={"aws_s3_endpoint": road.url, "aws_sts_endpoint": road.url})
    application = create_app(far)
    transport = httpx.ASGITransport(application)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://vault") as http,
    ):
        return await verify(http, tenant, body)


@pytest.mark.parametrize("origins", [[ORIGIN], [ORIGIN, "https://b.example", "https://c.example"]])
async def test_a_report_makes_few_requests_and_changes_nothing(  # noqa: PLR0917 (fixtures)
    http: httpx.AsyncClient,
    tenant: Tenant,
    customer: Customer,
    cloud: AwsCloud,
    settings: Settings,
    origins: list[str],
) -> None:
    body = await connect(http, tenant, customer)
    rule = {"AllowedOrigins": origins}
    rules = customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"]
    cors = {"CORSRules": [{**each, **rule} for each in rules]}
    customer.s3.put_bucket_cors(Bucket=customer.bucket, CORSConfiguration=cors)
    fill(customer)
    before = state_of(customer)
    async with slow_road(cloud.endpoint, timedelta(0)) as road:
        report = await report_along(road, settings, tenant, {**body, "origins": origins})
    assert [check["name"] for check in report["checks"] if check["status"] != "passed"] == []
    assert len(road.log) <= MOST_REQUESTS, Counter(method for method, _, _ in road.log)
    others = [each for each in road.log if each[0] not in READING]
    assert {(method, target) for method, target, _ in others if method == "POST"} == {("POST", "/")}
    puts = [
        (target.partition("?")[0], status) for method, target, status in others if method == "PUT"
    ]
    key = f"/{customer.bucket}/photos/mooring-access-check"
    assert puts == [(key, 403), (key, 403)]  # what checks that writing is refused
    assert state_of(customer) == before
