"""Two organizations: nothing of the one exists for the other, on any route."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.credentials.api import routers
from shared.database.azure_tenants import claim_azure_tenant
from shared.database.session import Database
from tests.conftest import Tenant
from tests.services.credentials.connecting import Json, connect, get, post
from tests.services.credentials.customer import Customer

BODIES: Mapping[str, Json] = {
    "rotate_credential": {"method": "assume_role", "role_arn": "arn:aws:iam::222222222222:role/r"},
    "retire_credential": {},
    "change_location": {"name": "stolen"},
    "verify_location_access": {},
}
QUERIES = {"get_setup_kit": {"uri": "s3://acme-data/"}}
OPERATORS = {  # 403: these routes are for nobody's key
    "approve_azure_tenant",
    "create_organization_api_key",
}

ROUTES = {
    route.name: route
    for router in routers
    for route in router.routes
    if isinstance(route, APIRoute)
    and "{" in route.path
    and not route.path.startswith("/internal")
    and route.name not in OPERATORS
}


@pytest.fixture
async def ids(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer, database: Database
) -> dict[str, str]:
    """Ids of things that belong to the tenant."""
    body = await connect(http, tenant, customer)
    location = await post(http, tenant, "/v1/locations", body)
    await post(http, tenant, f"/v1/locations/{location['location_id']}/verify-access", {})
    minted = await post(http, tenant, "/v1/api-keys", {"name": "x", "scopes": ["assets:view"]})
    return {
        "org_id": str(tenant.org_id),
        "credential_id": body["credential_id"],
        "location_id": location["location_id"],
        "api_key_id": minted["api_key"]["api_key_id"],
        "tenant_id": str(await claim_tenant(database, tenant)),
    }


async def claim_tenant(database: Database, tenant: Tenant) -> UUID:
    tenant_id = uuid4()
    async with database.begin(tenant.org_id) as session:
        await claim_azure_tenant(session, tenant.org_id, tenant_id, uuid4())
    return tenant_id


async def call(
    http: httpx.AsyncClient, caller: Tenant, name: str, ids: Mapping[str, str]
) -> httpx.Response:
    route = ROUTES[name]
    method = next(iter(route.methods or ()))
    return await http.request(
        method,
        route.path.format(**ids),
        headers=caller.headers,
        json=BODIES.get(name),
        params=QUERIES.get(name),
    )


@pytest.mark.parametrize("name", ROUTES)
async def test_a_foreign_id_does_not_exist(
    http: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant, ids: dict[str, str], name: str
) -> None:
    foreign = await call(http, other_tenant, name, ids)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not-found")
    absent = await call(http, tenant, name, {kind: str(uuid4()) for kind in ids})
    assert absent.status_code == 404
    same = {"detail", "title", "type", "who"}
    assert {key: foreign.json()[key] for key in same} == {key: absent.json()[key] for key in same}


@pytest.mark.parametrize("path", ["/v1/locations", "/v1/verify-access"])
async def test_a_foreign_credential_reaches_nothing(
    http: httpx.AsyncClient,
    other_tenant: Tenant,
    ids: dict[str, str],
    customer: Customer,
    path: str,
) -> None:
    body = {"credential_id": ids["credential_id"], "uri": customer.uri, "name": "stolen"}
    answer = await http.post(path, headers=other_tenant.headers, json=body)
    assert answer.status_code == 404


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize("path", ["/v1/credentials", "/v1/locations"])
async def test_lists_show_ones_own_only(
    http: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant, path: str
) -> None:
    assert len((await get(http, tenant, path))["items"]) == 1
    assert (await get(http, other_tenant, path))["items"] == []


async def test_what_others_tried_changed_nothing(
    http: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant, ids: dict[str, str]
) -> None:
    path = f"/v1/credentials/{ids['credential_id']}"
    before = await get(http, tenant, path)
    for name in ROUTES:
        await call(http, other_tenant, name, ids)
    assert await get(http, tenant, path) == before
    assert (await get(http, tenant, f"/v1/locations/{ids['location_id']}"))["name"] == "Photos"


async def test_every_public_route_wants_a_key(app: FastAPI, http: httpx.AsyncClient) -> None:
    paths = app.openapi()["paths"]
    for path, operations in paths.items():
        for method in operations:
            concrete = path
            for kind in ("org_id", "credential_id", "location_id", "api_key_id", "tenant_id"):
                concrete = concrete.replace(f"{{{kind}}}", str(uuid4()))
            answer = await http.request(method.upper(), concrete, json={})
            assert answer.status_code == 401, (method, path, answer.text)
