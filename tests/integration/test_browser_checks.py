"""A customer's browser opens the link of a browser check: what it sees joins the report."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from playwright.async_api import Browser, Page

from deploy.local.demo.aws_customer import AwsCustomer
from deploy.local.demo.tenancy import Tenancy, open_api
from services.credentials.access.origin_checks import ORIGIN_CHECKS
from services.credentials.access.seen_checks import REACH_CHECK
from tests.integration.chromium import open_chromium
from tests.integration.cors_server import PIXEL, Served, serving_page
from tests.journeys.places import Place, connect
from tests.journeys.running import Running, run_stack

pytestmark = pytest.mark.integration

Json = dict[str, Any]
Statuses = dict[tuple[str, str | None], str]

_, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS
PATIENCE = 20_000.0  # milliseconds, for a page on a busy machine
ONE_PIXEL = "team/pixel.gif"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with run_stack() as running:
        yield running
        running.stack.check()


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def application() -> AsyncIterator[Served]:
    """The platform's own pages."""
    async with serving_page() as served:
        yield served


@pytest.fixture
def origin(application: Served) -> str:
    return application.url("", "app.localhost").rstrip("/")


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    yield await context.new_page()
    await context.close()


class Platform:
    """The platform, which connected a customer's bucket for its origin and asks for links."""

    def __init__(self, running: Running, place: Place, key: str) -> None:
        self.running = running
        self.place = place
        self._headers = {"Authorization": f"Bearer {key}"}
        self._location = f"{running.stack.credentials_url}/v1/locations/{place.location_id}"

    def ask_for_link(self) -> Json:
        answer = httpx.post(f"{self._location}/browser-check", headers=self._headers)
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    def report(self) -> Json:
        answer = httpx.get(f"{self._location}/access-report", headers=self._headers)
        found: Json = answer.raise_for_status().json()
        return found

    def seen(self) -> Statuses:
        """Return what browsers have told, by name and origin."""
        return {
            (check["name"], check["subject"]): check["status"]
            for check in self.report()["checks"]
            if check["seen_from"] == "browser"
        }


@pytest.fixture
def platform(running: Running, origin: str) -> Iterator[Platform]:
    number = uuid4().hex
    customer = AwsCustomer(
        running.cloud,
        bucket=f"acme-{number}",
        prefix="team/",
        origin=origin,
        role=f"mooring-{number}",
    )
    customer.make_bucket([])
    customer.s3.put_object(
        Bucket=customer.bucket, Key=ONE_PIXEL, Body=PIXEL, ContentType="image/gif"
    )
    tenancy = Tenancy.make(running.stack, "Harbour Labs")
    with ExitStack() as clients:
        api = clients.enter_context(open_api(running.stack, tenancy.api_key))
        place = connect(api, customer)
        assert place.verify().valid
        yield Platform(running, place, tenancy.api_key)


def seen_at(origin: str | None, status: str, *, reached: str = "passed") -> Statuses:
    """Return what `seen` does when every read with CORS ends the same way."""
    found: Statuses = {(name, origin): status for name in ORIGIN_CHECKS}
    found[REACH_CHECK, None] = reached
    return found


async def open_link(page: Page, url: str) -> str:
    """Open the page as a person does, and return what it says in the end."""
    await page.goto(url)
    await page.wait_for_selector("#told:not(:empty)", timeout=PATIENCE)
    return await page.inner_text("body")


async def load_module(page: Page, application: Served, url: str) -> Json:
    """Load the module in a page of the application, and return the event that it sends."""
    await page.goto(application.url("viewer", "app.localhost"))
    outcome: Json = await page.evaluate(
        """(url) => new Promise((settle) => {
          addEventListener('mooring-browser-check', (event) => settle(event.detail));
          const script = document.createElement('script');
          script.type = 'module';
          script.src = url;
          script.onerror = () => settle({error: 'the module did not load'});
          document.head.append(script);
        })""",
        url,
    )
    return outcome


async def test_the_page_says_whether_the_network_reaches_the_bucket(
    platform: Platform, page: Page
) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    text = await open_link(page, platform.ask_for_link()["url"])
    assert "The file was loaded. This network reaches your bucket." in text
    assert f"this page is at {platform.running.stack.presign_url}" in text
    assert "The result was sent. You can close this page." in text
    assert messages == []  # the page's policy forbids nothing that it needs
    assert platform.seen() == seen_at(None, "skipped")


async def test_the_module_reads_as_viewers_do_in_a_page_of_the_application(
    platform: Platform, page: Page, application: Served, origin: str
) -> None:
    outcome = await load_module(page, application, platform.ask_for_link()["module_url"])
    read = dict.fromkeys(("get", "preflight", "range", "head"), "read")
    assert outcome == {"seen": {"reached": "loaded", **read}, "isOwn": True, "told": True}
    assert platform.seen() == seen_at(origin, "passed")
    ours = [each for each in platform.report()["checks"] if each["seen_from"] == "server"]
    assert {each["status"] for each in ours} == {"passed"}


def lose_rules(platform: Platform) -> None:
    customer = platform.place.customer
    customer.s3.delete_bucket_cors(Bucket=customer.bucket)


def change_rule(platform: Platform, **changes: object) -> None:
    customer = platform.place.customer
    (rule,) = customer.s3.get_bucket_cors(Bucket=customer.bucket)["CORSRules"]
    customer.s3.put_bucket_cors(
        Bucket=customer.bucket, CORSConfiguration={"CORSRules": [{**rule, **changes}]}
    )


def forbid_the_network(platform: Platform) -> None:
    customer = platform.place.customer
    customer.permit(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"},
            ],
        }
    )


SPOILT: Mapping[str, tuple[Callable[[Platform], None], dict[str, str]]] = {
    "no rules": (lose_rules, dict.fromkeys(ORIGIN_CHECKS, "failed")),
    "get alone": (lambda platform: change_rule(platform, AllowedMethods=["GET"]), {HEAD: "failed"}),
    "no header": (
        lambda platform: change_rule(platform, AllowedHeaders=["x-other"]),
        {PREFLIGHT: "failed"},
    ),
    "nothing exposed": (
        lambda platform: change_rule(platform, ExposeHeaders=["x-other"]),
        {RANGE: "warning"},
    ),
    "no read": (
        forbid_the_network,
        {REACH_CHECK: "failed", **dict.fromkeys(ORIGIN_CHECKS, "skipped")},
    ),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_what_broke_since_is_seen_by_the_browser(
    platform: Platform, page: Page, application: Served, name: str
) -> None:
    spoil, expected = SPOILT[name]
    link = platform.ask_for_link()
    spoil(platform)
    assert (await load_module(page, application, link["module_url"]))["told"]
    seen = {check: status for (check, _), status in platform.seen().items()}
    everything = dict.fromkeys((REACH_CHECK, *ORIGIN_CHECKS), "passed")
    assert seen == {**everything, **expected}
    assert platform.report()["valid"]  # whoever holds the link decides nothing


async def test_a_store_that_is_not_reached_is_told_as_that(
    platform: Platform, page: Page, application: Served, origin: str
) -> None:
    cloud = re.compile(re.escape(platform.running.cloud.endpoint))
    await page.route(cloud, lambda route: route.abort("connectionrefused"))
    await load_module(page, application, platform.ask_for_link()["module_url"])
    assert platform.seen() == seen_at(origin, "skipped", reached="failed")


async def test_a_link_is_told_once(platform: Platform, page: Page, application: Served) -> None:
    link = platform.ask_for_link()
    await open_link(page, link["url"])
    before = platform.report()
    again = await page.goto(link["url"])
    assert again is not None
    assert (again.status, (await again.json())["code"]) == (409, "conflict")
    outcome = await load_module(page, application, link["module_url"])
    assert outcome == {"seen": None, "isOwn": False, "told": False}
    assert platform.report() == before


async def test_a_link_that_has_expired_or_was_made_up_opens_nothing(
    platform: Platform, page: Page
) -> None:
    url = platform.ask_for_link()["url"]
    await open_link(page, platform.ask_for_link()["url"])  # others are not touched by that
    forged = await page.goto(url[:-2] + ("A" if url[-2] != "A" else "B") + "/")
    assert forged is not None
    assert (forged.status, (await forged.json())["code"]) == (404, "not-found")
    expire(platform)
    expired = await page.goto(url)
    assert expired is not None
    assert (expired.status, (await expired.json())["code"]) == (409, "conflict")
    assert "expired" in (await expired.json())["detail"]


def expire(platform: Platform) -> None:
    """Let the location's links be two hours old."""
    with psycopg.connect(platform.running.database.postgres.superuser_url("mooring")) as database:
        changed = database.execute(
            "UPDATE browser_check SET expires_at = expires_at - interval '2 hours'"
            " WHERE location_id = %s",
            [platform.place.location_id],
        )
        assert changed.rowcount == 2


async def test_no_process_logs_a_link(platform: Platform, page: Page) -> None:
    url = platform.ask_for_link()["url"]
    await open_link(page, url)
    await page.goto(url)
    assert UUID(url.split("_")[2])
    assert url.split("_", 3)[3].strip("/") not in platform.running.logs
