"""Links to browser checks, and what comes of them, over HTTP."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.settings import Settings
from services.credentials.vault import open_vault
from shared.browser_checks import PartRead, Reached, Read, SeenBody
from shared.clock import FrozenClock, SystemClock
from shared.database.session import Database
from shared.errors import ConflictError, NotFoundError
from shared.tokens import mint_browser_token
from shared.vault import VaultClient
from tests.conftest import SERVICE_KEY, Tenant
from tests.services.credentials.connecting import Json, check_of, connect, get, post
from tests.services.credentials.customer import ORIGIN, Customer


def seen(
    read: Read = Read.READ, *, reached: Reached = Reached.LOADED, part: PartRead | None = None
) -> SeenBody:
    return SeenBody(reached=reached, get=read, preflight=read, range=part or read, head=read)


@pytest.fixture
async def location(http: httpx.AsyncClient, tenant: Tenant, customer: Customer) -> Json:
    """A location that was verified."""
    body = await connect(http, tenant, customer)
    made = await post(http, tenant, "/v1/locations", body)
    await post(http, tenant, f"/v1/locations/{made['location_id']}/verify-access", {})
    return made


@pytest.fixture
def gateway(http: httpx.AsyncClient) -> VaultClient:
    return VaultClient(http, service="presign", service_key=SERVICE_KEY, clock=SystemClock())


async def ask_for_link(http: httpx.AsyncClient, tenant: Tenant, location: Json) -> Json:
    return await post(http, tenant, f"/v1/locations/{location['location_id']}/browser-check", {})


def token_of(link: Json) -> str:
    token: str = link["url"].split("/")[-2]
    return token


async def report_of(http: httpx.AsyncClient, tenant: Tenant, location: Json) -> Json:
    return await get(http, tenant, f"/v1/locations/{location['location_id']}/access-report")


async def test_a_link_leads_to_the_gateway_and_shows_the_smallest_image(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, gateway: VaultClient
) -> None:
    link = await ask_for_link(http, tenant, location)
    base = f"http://127.0.0.1:8003/v1/browser-checks/{token_of(link)}/"
    assert link == {
        "url": base,
        "module_url": f"{base}check.js",
        "expires_at": link["expires_at"],
    }
    for _ in range(2):  # opening does not use it up
        opened = await gateway.open_browser_check(tenant.org_id, token_of(link))
        assert opened.model_dump(mode="json") == {
            "location_id": location["location_id"],
            "key": "photos/a.jpg",
            "is_image": True,
            "origins": [ORIGIN],
            "expires_at": link["expires_at"],
        }


async def test_what_a_browser_saw_joins_the_report_and_the_link_is_used_up(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, gateway: VaultClient
) -> None:
    before = await report_of(http, tenant, location)
    token = token_of(await ask_for_link(http, tenant, location))
    await gateway.tell_browser_check(
        tenant.org_id, token, origin=ORIGIN, seen=seen(Read.BLOCKED, part="hidden")
    )
    after = await report_of(http, tenant, location)
    count = len(before["checks"])
    assert {**after, "checks": after["checks"][:count]} == before
    assert {check["seen_from"] for check in before["checks"]} == {"server"}
    joined = after["checks"][count:]
    assert [(each["name"], each["subject"], each["status"]) for each in joined] == [
        ("browser_reach", None, "passed"),
        ("browser_get", ORIGIN, "failed"),
        ("browser_preflight", ORIGIN, "failed"),
        ("browser_range", ORIGIN, "warning"),
        ("browser_head", ORIGIN, "failed"),
    ]
    assert {each["seen_from"] for each in joined} == {"browser"}
    # The remedy is the one of our own check.
    cors = joined[1]["remedy"]["documents"]["cors"]
    assert cors["CORSRules"][0]["AllowedOrigins"] == [ORIGIN]
    for again in (
        gateway.open_browser_check(tenant.org_id, token),
        gateway.tell_browser_check(tenant.org_id, token, origin=ORIGIN, seen=seen()),
    ):
        with pytest.raises(ConflictError, match="was used"):
            await again
    assert await report_of(http, tenant, location) == after


async def test_a_later_browser_is_heard_before_an_earlier_one_until_access_is_verified_anew(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, gateway: VaultClient
) -> None:
    tokens = [token_of(await ask_for_link(http, tenant, location)) for _ in range(3)]
    for token, origin, saw in (
        (tokens[0], ORIGIN, seen(Read.BLOCKED)),
        (tokens[1], "https://other.example", seen(reached=Reached.UNREACHABLE)),
        (tokens[2], ORIGIN, seen()),
    ):
        await gateway.tell_browser_check(tenant.org_id, token, origin=origin, seen=saw)
    report = await report_of(http, tenant, location)
    heard = {
        f"{each['name']} {each['subject'] or ''}".strip(): each["status"]
        for each in report["checks"]
        if each["seen_from"] == "browser"
    }
    assert heard == {
        "browser_reach": "passed",
        **{f"{name} {ORIGIN}": "passed" for name in ORIGIN_CHECKS},
        **dict.fromkeys(ORIGIN_CHECKS, "skipped"),
    }
    await post(http, tenant, f"/v1/locations/{location['location_id']}/verify-access", {})
    anew = await report_of(http, tenant, location)
    assert {each["seen_from"] for each in anew["checks"]} == {"server"}


async def test_a_browser_decides_nothing_about_imports(
    http: httpx.AsyncClient, tenant: Tenant, location: Json, gateway: VaultClient
) -> None:
    token = token_of(await ask_for_link(http, tenant, location))
    bad = seen(Read.BLOCKED, reached=Reached.LOADED)
    await gateway.tell_browser_check(tenant.org_id, token, origin=ORIGIN, seen=bad)
    verdict = await gateway.verify_access(
        tenant.org_id, UUID(location["location_id"]), max_age=timedelta(days=1)
    )
    assert (verdict.valid, verdict.failed_checks) == (True, [])


async def test_tokens_that_are_made_up_or_of_another_organization_do_not_exist(
    http: httpx.AsyncClient,
    tenant: Tenant,
    other_tenant: Tenant,
    location: Json,
    gateway: VaultClient,
) -> None:
    token = token_of(await ask_for_link(http, tenant, location))
    check_id = UUID(token.split("_")[2])
    forged = [
        (tenant, mint_browser_token(tenant.org_id, check_id).get_secret_value()),
        (tenant, mint_browser_token(tenant.org_id, UUID(int=1)).get_secret_value()),
        (tenant, "x"),
        (tenant, ""),
        (other_tenant, token),
        (other_tenant, token.replace(tenant.org_id.hex, other_tenant.org_id.hex)),
    ]
    for who, wrong in forged:
        with pytest.raises(NotFoundError):
            await gateway.open_browser_check(who.org_id, wrong)
        with pytest.raises(NotFoundError):
            await gateway.tell_browser_check(who.org_id, wrong, origin=ORIGIN, seen=seen())
    assert (await gateway.open_browser_check(tenant.org_id, token)).is_image


async def test_a_link_expires_after_an_hour(
    tenant: Tenant, location: Json, settings: Settings, database: Database
) -> None:
    clock = FrozenClock(SystemClock().now())
    async with open_vault(settings, database, clock) as vault:
        link = await vault.browser_links.make(tenant.org_id, UUID(location["location_id"]))
        token = link.url.split("/")[-2]
        clock.advance(timedelta(minutes=59))
        await vault.browser_links.open(tenant.org_id, token)
        clock.advance(timedelta(minutes=1))
        with pytest.raises(ConflictError, match="has expired"):
            await vault.browser_links.open(tenant.org_id, token)
        with pytest.raises(ConflictError, match="has expired"):
            await vault.browser_links.tell(tenant.org_id, token, origin=None, seen=seen())
    assert "mbc_" not in repr(link)


async def test_there_is_a_link_only_where_there_is_a_report_and_something_to_show(
    http: httpx.AsyncClient, tenant: Tenant, customer: Customer
) -> None:
    body = await connect(http, tenant, customer)
    made = await post(http, tenant, "/v1/locations", body)
    path = f"/v1/locations/{made['location_id']}/browser-check"
    refused = await http.post(path, headers=tenant.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "never verified" in refused.json()["detail"]
    await post(http, tenant, f"/v1/locations/{made['location_id']}/verify-access", {})
    for key in ("photos/a.jpg", "photos/b c+d.txt"):
        customer.s3.delete_object(Bucket=customer.bucket, Key=key)
    empty = await http.post(path, headers=tenant.headers)
    assert (empty.status_code, empty.json()["code"]) == (409, "conflict")
    assert "no object yet" in empty.json()["detail"]


async def test_links_are_asked_for_by_who_may_change_locations_of_the_organization(
    http: httpx.AsyncClient, other_tenant: Tenant, location: Json
) -> None:
    path = f"/v1/locations/{location['location_id']}/browser-check"
    assert (await http.post(path, headers=other_tenant.headers)).status_code == 404
    assert (await http.post(path)).status_code == 401


async def test_no_other_service_opens_or_tells_a_check(
    http: httpx.AsyncClient, tenant: Tenant, location: Json
) -> None:
    token = token_of(await ask_for_link(http, tenant, location))
    ingest = VaultClient(http, service="ingest", service_key=SERVICE_KEY, clock=SystemClock())
    for refused in (
        ingest.open_browser_check(tenant.org_id, token),
        ingest.tell_browser_check(tenant.org_id, token, origin=ORIGIN, seen=seen()),
    ):
        with pytest.raises(Exception, match="refuses this service"):
            await refused
    assert check_of(await report_of(http, tenant, location), "sign")["status"] == "passed"
