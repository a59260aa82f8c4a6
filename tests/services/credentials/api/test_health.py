"""The health of locations over HTTP."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from services.credentials.main import create_app
from services.credentials.settings import Settings
from tests.conftest import Tenant, add_tenant
from tests.services.credentials.connecting import Json, check_of, connect, get, post
from tests.services.credentials.customer import ORIGIN, Customer


@pytest.fixture
async def path(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> str:
    """Where a location is that nobody has looked at."""
    made = await post(http, tenant, "/v1/locations", await connect(http, tenant, customer))
    return f"/v1/locations/{made['location_id']}"


async def verify(http: httpx.AsyncClient, tenant: Tenant, path: str) -> Json:
    return await post(http, tenant, f"{path}/verify-access", {})


async def test_a_location_that_nobody_looked_at_is_unknown(
    http: httpx.AsyncClient, tenant: Tenant, path: str
) -> None:
    health = await get(http, tenant, f"{path}/health")
    assert health == {
        "location_id": path.rpartition("/")[2],
        "state": "unknown",
        "since": health["since"],
        "last_checked_at": None,
        "next_check_at": None,  # this vault has its schedule switched off
        "changes": [],
        "history": {"items": [], "next_cursor": None},
    }


async def test_verifying_a_location_moves_its_health(
    http: httpx.AsyncClient, tenant: Tenant, path: str, customer: Customer
) -> None:
    good = await verify(http, tenant, path)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    bad = await verify(http, tenant, path)
    health = await get(http, tenant, f"{path}/health")
    before, after = (check_of(report, "browser_get") for report in (good, bad))
    change = {
        "check": "browser_get",
        "subject": ORIGIN,
        "before": {"status": "passed", "finding": before["finding"]},
        "after": {"status": "failed", "finding": after["finding"]},
        "sentence": f"CORS for {ORIGIN} gone: browser_get fails.",
        "who": "customer",
    }
    failed = [check["name"] for check in bad["checks"] if check["status"] == "failed"]
    assert [each["check"] for each in health["changes"]] == failed
    assert (health["state"], health["changes"][0]) == ("broken", change)
    newest, oldest = health["history"]["items"]
    assert newest == {
        "change_id": newest["change_id"],
        "state": "broken",
        "previous_state": "healthy",
        "changed_at": bad["verified_at"],
        "report_id": bad["report_id"],
        "changes": health["changes"],
    }
    assert (oldest["previous_state"], oldest["state"]) == ("unknown", "healthy")
    assert (await get(http, tenant, path))["health"] == "broken"
    assert [each["health"] for each in (await get(http, tenant, "/v1/locations"))["items"]] == [
        "broken"
    ]


async def test_the_history_comes_in_pages(
    http: httpx.AsyncClient, tenant: Tenant, path: str, customer: Customer
) -> None:
    await verify(http, tenant, path)
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)
    await verify(http, tenant, path)
    whole = (await get(http, tenant, f"{path}/health"))["history"]["items"]
    first = await get(http, tenant, f"{path}/health", limit=1)
    cursor = first["history"]["next_cursor"]
    second = await get(http, tenant, f"{path}/health", limit=1, cursor=cursor)
    assert [*first["history"]["items"], *second["history"]["items"]] == whole
    assert second["history"]["next_cursor"] is None
    assert second["state"] == "broken"
    wrong = await http.get(f"{path}/health", headers=tenant.headers, params={"cursor": "?"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "cursor")


async def test_what_is_worse_and_wanted_is_accepted(
    http: httpx.AsyncClient, tenant: Tenant, path: str, customer: Customer
) -> None:
    await verify(http, tenant, path)
    customer.iam.update_role(RoleName=customer.role_name, MaxSessionDuration=3_600)
    await verify(http, tenant, path)
    worse = await get(http, tenant, f"{path}/health")
    assert worse["state"] == "degraded"
    assert [change["sentence"] for change in worse["changes"]] == [
        "Sessions are shorter: 1 hour instead of 12 hours."
    ]
    accepted = await post(http, tenant, f"{path}/health/accept", {})
    assert (accepted["state"], accepted["changes"]) == ("healthy", [])
    assert accepted == await get(http, tenant, f"{path}/health")
    await verify(http, tenant, path)
    assert (await get(http, tenant, f"{path}/health"))["state"] == "healthy"


async def test_what_was_never_verified_cannot_be_accepted(
    http: httpx.AsyncClient, tenant: Tenant, path: str
) -> None:
    answer = await http.post(f"{path}/health/accept", headers=tenant.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_foreign_absent_and_detached_locations_have_no_health(
    http: httpx.AsyncClient, tenant: Tenant, other_tenant: Tenant, path: str
) -> None:
    for method, route in (("GET", "/health"), ("POST", "/health/accept")):
        for caller, where in (
            (other_tenant, path),
            (tenant, f"/v1/locations/{uuid4()}"),
        ):
            answer = await http.request(method, f"{where}{route}", headers=caller.headers)
            assert answer.status_code == 404
    await http.delete(path, headers=tenant.headers)
    assert (await http.get(f"{path}/health", headers=tenant.headers)).status_code == 404


async def test_a_vault_that_looks_by_schedule_says_when_it_looks_next_and_ends_in_peace(
    settings: Settings, own_database_url: SecretStr, customer: Customer
) -> None:
    changed = {"health_checks": True, "database_url": own_database_url}
    app = create_app(settings.model_copy(update=changed))
    async with app.router.lifespan_context(app):
        tenant = await add_tenant(app.state.database)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://vault") as client:
            body = await connect(client, tenant, customer)
            made = await post(client, tenant, "/v1/locations", body)
            health = await get(client, tenant, f"/v1/locations/{made['location_id']}/health")
    assert datetime.fromisoformat(health["next_check_at"]) > datetime.now(UTC)
