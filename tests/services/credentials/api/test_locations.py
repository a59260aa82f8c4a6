"""External locations over HTTP: add, show, change, detach."""

import httpx
import pytest

from tests.conftest import Tenant
from tests.services.credentials.connecting import (
    Json,
    add_role,
    connect,
    get,
    location_body,
    post,
)
from tests.services.credentials.customer import ORIGIN, REGION, Customer


@pytest.fixture
async def body(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    """What adds a location whose role does not exist yet."""
    return location_body(customer, await add_role(http, tenant, customer))


async def test_a_location_is_what_was_asked_for_and_its_region_is_found_out(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, body: Json
) -> None:
    made = await post(http, tenant, "/v1/locations", body)
    assert made == {
        "location_id": made["location_id"],
        "credential_id": body["credential_id"],
        "name": "Photos",
        "provider": "s3",
        "uri": customer.uri,
        "bucket": customer.bucket,
        "prefix": "photos/",
        "region": REGION,
        "origins": [ORIGIN],
        "health": "unknown",
        "capabilities": None,
        "created_at": made["created_at"],
    }
    assert await get(http, tenant, f"/v1/locations/{made['location_id']}") == made
    assert (await get(http, tenant, "/v1/locations"))["items"] == [made]


async def test_the_same_place_is_attached_once(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, body: Json
) -> None:
    made = await post(http, tenant, "/v1/locations", body)
    again = await http.post("/v1/locations", headers=tenant.headers, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    below = {**body, "uri": f"{customer.uri}2026/"}
    await post(http, tenant, "/v1/locations", below)
    path = f"/v1/locations/{made['location_id']}"
    assert (await http.delete(path, headers=tenant.headers)).status_code == 204
    assert (await http.get(path, headers=tenant.headers)).status_code == 404
    assert (await http.delete(path, headers=tenant.headers)).status_code == 404
    assert (await post(http, tenant, "/v1/locations", body))["location_id"] != made["location_id"]


async def test_a_prefix_keeps_every_byte(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, body: Json
) -> None:
    prefix = "/lead//a b+%2F?#&=~*'\"é\u0301😀/ /"
    uri = f"s3://{customer.bucket}/{prefix}"
    made = await post(http, tenant, "/v1/locations", {**body, "uri": uri})
    assert (made["prefix"], made["uri"]) == (prefix, uri)


async def test_name_and_origins_can_change(
    http: httpx.AsyncClient, tenant: Tenant, body: Json
) -> None:
    made = await post(http, tenant, "/v1/locations", body)
    path = f"/v1/locations/{made['location_id']}"
    for change in (
        {"name": "Pictures"},
        {"origins": ["https://other.example", "https://other.example:443"]},
        {},
    ):
        answer = await http.patch(path, headers=tenant.headers, json=change)
        assert answer.status_code == 200, answer.text
    expected = {**made, "name": "Pictures", "origins": ["https://other.example"]}
    assert answer.json() == await get(http, tenant, path) == expected
    moved = await http.patch(path, headers=tenant.headers, json={"uri": "s3://acme-other/"})
    assert moved.status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uri": "the-canary"}, "uri"),
        ({"uri": "gs://the-canary/"}, "uri"),
        ({"uri": "s3://The-Canary/"}, "uri"),
        ({"uri": "s3://acme-data/the-canary"}, "uri"),
        ({"uri": "s3://acme-data/the-canary\0/"}, "uri"),
        ({"uri": f"s3://acme-data/the-canary{'x' * 1_020}/"}, "uri"),
        ({"origins": ["https://the-canary.example/"]}, "origins"),
        ({"origins": ["*"]}, "origins"),
        ({"origins": ["null"]}, "origins"),
        ({"origins": "the-canary"}, "origins"),
        ({"origins": ["https://a.example"] * 51}, "origins"),
        ({"region": "The Canary"}, "region"),
        ({"region": "1"}, "region"),
        ({"region": "zone_a"}, "region"),
        ({"region": "a" * 64}, "region"),
        ({"credential_id": "the-canary"}, "credential_id"),
        ({"name": "\0"}, "name"),
        ({"the-canary": 1}, "body"),
    ],
)
async def test_what_is_not_well_formed_is_refused_by_field_and_not_repeated(
    http: httpx.AsyncClient, tenant: Tenant, body: Json, change: Json, field: str
) -> None:
    for path in ("/v1/locations", "/v1/verify-access"):
        answer = await http.post(path, headers=tenant.headers, json={**body, **change})
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
        assert "canary" not in answer.text.lower()


async def test_a_bucket_that_does_not_exist_is_not_attached(
    http: httpx.AsyncClient, tenant: Tenant, body: Json
) -> None:
    change = {"uri": "s3://acme-no-such-bucket/"}
    answer = await http.post("/v1/locations", headers=tenant.headers, json={**body, **change})
    assert (answer.status_code, answer.json()["code"]) == (424, "bucket-not-found")


async def test_a_location_can_be_verified_whatever_its_state(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    made = await post(http, tenant, "/v1/locations", await connect(http, tenant, customer))
    path = f"/v1/locations/{made['location_id']}/verify-access"
    assert (await post(http, tenant, path, {}))["valid"]
    customer.iam.delete_role_policy(RoleName=customer.role_name, PolicyName="mooring")
    customer.iam.delete_role(RoleName=customer.role_name)
    assert not (await post(http, tenant, path, {}))["valid"]
