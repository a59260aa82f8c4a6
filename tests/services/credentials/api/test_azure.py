"""The routes of Azure's tenants, as a platform's backend and a browser use them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from types import SimpleNamespace
from urllib.parse import urljoin
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.credentials.api import azure
from shared.auth import Authenticator
from shared.clock import FrozenClock
from shared.database.organizations import Organization
from shared.database.session import Database
from shared.settings import ServiceSettings
from shared.web import Service, build_app
from tests.conftest import SERVICE_KEY, Tenant
from tests.services.credentials.consenting import BASE, Consenting, consenting

ADMIN_KEY = "operator-0123456789-0123456789-0123"
OPERATOR = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
async def way(database: Database, clock: FrozenClock) -> AsyncIterator[Consenting]:
    async with consenting(database, clock) as opened:
        yield opened


@pytest.fixture
async def http(
    way: Consenting, database: Database, clock: FrozenClock, database_url: SecretStr
) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    service = Service("vault", "Vault", "", [azure.router], lifespan)
    settings = ServiceSettings(database_url=database_url, service_key=SERVICE_KEY)
    authenticator = Authenticator(
        database,
        clock,
        service="vault",
        service_key=SERVICE_KEY,
        admin_key=SecretStr(ADMIN_KEY),
    )
    app = build_app(service, settings, database=database, authenticator=authenticator, clock=clock)
    app.state.vault = SimpleNamespace(azure_consents=way.consents, azure_tenants=way.tenants)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def connect(http: httpx.AsyncClient, way: Consenting, org: Tenant, tid: UUID) -> str:
    """Return the address at which the administrator's browser lands after all of it."""
    link = (await http.get("/v1/azure/consent-url", headers=org.headers)).json()
    consented = await http.get(way.entra.consent_in(link["url"], tid))
    assert consented.status_code == 303
    return way.entra.sign_in(consented.headers["Location"], tid)


async def press(http: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    """Press the one button of a page."""
    (action,) = re.findall(r'<form method="post" action="([^"]+)"><button>', page.text)
    return await http.post(urljoin(str(page.url), unescape(action)))


async def test_an_administrator_connects_a_tenant_in_the_browser(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant
) -> None:
    tid = uuid4()
    question = await http.get(await connect(http, way, tenant, tid))
    assert f"You signed in as an administrator of the tenant {tid}." in question.text
    assert "The organization <b><bdi>Test</bdi></b> wants to connect it." in question.text
    page = await press(http, question)
    for each in (question, page):
        assert (each.status_code, each.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert each.headers["Content-Security-Policy"] == (
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        assert each.headers["Referrer-Policy"] == "no-referrer"
        assert each.headers["Cache-Control"] == "no-store"
    assert f"The tenant {tid} is connected to the organization <b><bdi>Test</bdi></b>." in page.text
    listed = (await http.get("/v1/azure/tenants", headers=tenant.headers)).json()
    (item,) = listed["items"]
    assert item.pop("created_at")
    assert item == {"tenant_id": str(tid), "state": "bound", "approved_at": None}


async def test_tenants_are_listed_in_pages(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant
) -> None:
    tids = sorted([uuid4(), uuid4(), uuid4()])
    for tid in tids:
        await way.connect(tenant.org_id, tid)
    found, cursor = [], None
    for _ in tids:
        params = {"limit": "1"} if cursor is None else {"limit": "1", "cursor": cursor}
        page = await http.get("/v1/azure/tenants", headers=tenant.headers, params=params)
        found += [UUID(each["tenant_id"]) for each in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert (found, cursor) == (tids, None)


async def test_the_page_shows_an_organizations_name_as_text(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant, database: Database
) -> None:
    async with database.begin(tenant.org_id) as session:
        organization = await session.get_one(Organization, tenant.org_id)
        organization.name = "<script>alert(1)</script>"
    question = await http.get(await connect(http, way, tenant, uuid4()))
    for page in (question, await press(http, question)):
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


async def test_a_second_organization_gets_a_conflict_until_the_operator_approves(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    await press(http, await http.get(await connect(http, way, tenant, tid)))
    taken = await press(http, await http.get(await connect(http, way, other_tenant, tid)))
    problem = taken.json()
    assert (taken.status_code, problem["code"], problem["who"]) == (409, "tenant-taken", "operator")

    path = f"/v1/organizations/{other_tenant.org_id}/azure-tenants/{tid}/approve"
    assert (await http.post(path, headers=other_tenant.headers)).status_code == 403
    approved = await http.post(path, headers=OPERATOR)
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")


@pytest.mark.parametrize("path", ["consent-callback", "signed-in", "confirm"])
async def test_a_callback_that_was_made_up_is_a_clear_problem(
    http: httpx.AsyncClient, tenant: Tenant, path: str
) -> None:
    query = {"state": "made-up", "tenant": str(uuid4()), "admin_consent": "True", "code": "x"}
    method = "POST" if path == "confirm" else "GET"
    answer = await http.request(method, f"/v1/azure/{path}", params=query)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["who"]) == (
        422,
        "consent-link",
        "customer",
    )
    assert problem["detail"] == (
        "This link is not one of Mooring's, or was used before: ask for a new one."
    )
    listed = await http.get("/v1/azure/tenants", headers=tenant.headers)
    assert listed.json() == {"items": [], "next_cursor": None}


async def test_a_callback_without_a_state_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/azure/consent-callback", params={"error": "access_denied"})
    assert (answer.status_code, answer.json()["field"]) == (422, "state")


async def test_a_refused_consent_is_a_clear_problem(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant
) -> None:
    link = (await http.get("/v1/azure/consent-url", headers=tenant.headers)).json()
    answer = await http.get(way.entra.decline(link["url"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "consent-refused")


async def test_a_link_needs_an_organizations_key(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/azure/consent-url")).status_code == 401
    assert (await http.get("/v1/azure/consent-url", headers=OPERATOR)).status_code == 403


async def test_a_tenant_is_released_by_its_own_organization_only(
    http: httpx.AsyncClient, way: Consenting, tenant: Tenant, other_tenant: Tenant
) -> None:
    tid = uuid4()
    await press(http, await http.get(await connect(http, way, tenant, tid)))
    path = f"/v1/azure/tenants/{tid}"
    assert (await http.delete(path, headers=other_tenant.headers)).status_code == 404
    assert (await http.delete(path, headers=tenant.headers)).status_code == 204
    assert (await http.delete(path, headers=tenant.headers)).status_code == 404
