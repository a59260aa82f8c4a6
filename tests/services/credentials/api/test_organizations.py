"""Organizations and API keys over HTTP."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Scope
from shared.database.api_keys import find_api_key
from shared.database.session import Database
from tests.conftest import Tenant
from tests.services.credentials.conftest import ADMIN_KEY
from tests.services.credentials.connecting import Json, get, post

OPERATOR = {"Authorization": f"Bearer {ADMIN_KEY}"}
EVERYTHING = [scope.value for scope in Scope]


async def add_organization(http: httpx.AsyncClient, **body: object) -> Json:
    answer = await http.post("/v1/organizations", headers=OPERATOR, json={"name": "Acme", **body})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def test_the_operator_makes_an_organization_and_its_first_key(
    http: httpx.AsyncClient,
) -> None:
    made = await add_organization(http)
    assert made == {
        "org_id": made["org_id"],
        "name": "Acme",
        "hosting": "self_hosted",
        "created_at": made["created_at"],
    }
    answer = await http.post(
        f"/v1/organizations/{made['org_id']}/api-keys",
        headers=OPERATOR,
        json={"name": "first", "scopes": EVERYTHING},
    )
    assert answer.status_code == 201
    tenant = Tenant(UUID(made["org_id"]), answer.json()["key"])
    assert await get(http, tenant, f"/v1/organizations/{made['org_id']}") == made
    shown = await http.get(f"/v1/organizations/{made['org_id']}", headers=OPERATOR)
    assert shown.json() == made


async def test_organizations_are_listed_page_by_page(http: httpx.AsyncClient) -> None:
    made = {(await add_organization(http))["org_id"] for _ in range(3)}
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await http.get("/v1/organizations", headers=OPERATOR, params=params)).json()
        found += [each["org_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert made <= set(found)
    assert len(found) == len(set(found))


async def test_an_organizations_key_is_not_the_operators(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    path = f"/v1/organizations/{tenant.org_id}/api-keys"
    body = {"name": "x", "scopes": EVERYTHING}
    for answer in (
        await http.get("/v1/organizations", headers=tenant.headers),
        await http.post("/v1/organizations", headers=tenant.headers, json={"name": "x"}),
        await http.post(path, headers=tenant.headers, json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_operators_key_belongs_to_no_organization(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/credentials", headers=OPERATOR)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_organization_that_does_not_exist_gets_no_key(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        f"/v1/organizations/{uuid4()}/api-keys",
        headers=OPERATOR,
        json={"name": "x", "scopes": EVERYTHING},
    )
    assert answer.status_code == 404


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(
    http: httpx.AsyncClient, tenant: Tenant, database: Database
) -> None:
    body = {"name": "viewer", "scopes": ["assets:view", "credentials:read"], "expires_in": 3600}
    minted = await post(http, tenant, "/v1/api-keys", body)
    key = minted["api_key"]
    created, expires = (datetime.fromisoformat(key[name]) for name in ("created_at", "expires_at"))
    assert abs(expires - created - timedelta(hours=1)) < timedelta(seconds=5)
    listed = await get(http, tenant, "/v1/api-keys")
    assert key in listed["items"]
    assert minted["key"] not in str(listed)
    async with database.begin(tenant.org_id) as session:
        stored = await find_api_key(session, UUID(key["api_key_id"]))
    assert stored is not None
    assert minted["key"].rpartition("_")[2].encode() not in stored.secret_hash
    viewer = Tenant(tenant.org_id, minted["key"])
    await get(http, viewer, "/v1/credentials")
    path = f"/v1/api-keys/{key['api_key_id']}"
    assert (await http.delete(path, headers=tenant.headers)).status_code == 204
    assert (await http.get("/v1/credentials", headers=viewer.headers)).status_code == 401
    assert (await http.delete(path, headers=tenant.headers)).status_code == 204


async def test_a_key_cannot_give_what_it_does_not_have(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {"name": "minter", "scopes": ["api-keys:write", "assets:view"]}
    minter = Tenant(tenant.org_id, (await post(http, tenant, "/v1/api-keys", body))["key"])
    more = {"name": "more", "scopes": ["assets:view", "credentials:write"]}
    answer = await http.post("/v1/api-keys", headers=minter.headers, json=more)
    assert (answer.status_code, answer.json()["scopes"]) == (403, ["credentials:write"])
    same = {"name": "same", "scopes": ["assets:view"]}
    await post(http, minter, "/v1/api-keys", same)


async def test_a_key_cannot_give_one_that_outlives_it(
    http: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {"name": "minter", "scopes": ["api-keys:write"], "expires_in": 3_600}
    minted = await post(http, tenant, "/v1/api-keys", body)
    minter = Tenant(tenant.org_id, minted["key"])
    for longer in ({}, {"expires_in": None}, {"expires_in": 3_601}, {"expires_in": 7_200}):
        beyond = {"name": "longer", "scopes": ["api-keys:write"], **longer}
        answer = await http.post("/v1/api-keys", headers=minter.headers, json=beyond)
        assert answer.status_code == 403, longer
        told = datetime.fromisoformat(answer.json()["expires_at"])
        assert told == datetime.fromisoformat(minted["api_key"]["expires_at"])
    await post(http, minter, "/v1/api-keys", {**body, "expires_in": 3_000})
    endless = await post(http, tenant, "/v1/api-keys", {"name": "x", "scopes": ["assets:view"]})
    assert endless["api_key"]["expires_at"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x\0y"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["the-canary"]}, "scopes.0"),
        ({"expires_in": 59}, "expires_in"),
        ({"expires_in": 315_360_001}, "expires_in"),
        ({"expires_in": "the-canary"}, "expires_in"),
    ],
)
async def test_a_key_that_is_not_well_formed_is_refused_by_field(
    http: httpx.AsyncClient, tenant: Tenant, change: dict[str, object], field: str
) -> None:
    body = {"name": "x", "scopes": ["assets:view"], **change}
    answer = await http.post("/v1/api-keys", headers=tenant.headers, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert "the-canary" not in answer.text


async def test_an_organization_that_is_not_well_formed_is_refused(http: httpx.AsyncClient) -> None:
    body = {"name": "x", "hosting": "the-canary"}
    answer = await http.post("/v1/organizations", headers=OPERATOR, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "hosting")
    assert "the-canary" not in answer.text
