"""What a page may read, as Chromium sees it, once the setup kit's CORS rules are in place."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from deploy.local.demo.api import Api
from deploy.local.demo.customer import document
from tests.integration.ceph import Ceph
from tests.integration.chromium import open_chromium
from tests.integration.cors_server import Served, serving_page
from tests.integration.customers import Customer
from tests.integration.places import Place, connect

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]

FETCH = """
async ([url, method, headers]) => {
  try {
    const answer = await fetch(url, {method, headers});
    const seen = Object.fromEntries(answer.headers.entries());
    return {status: answer.status, body: await answer.text(), headers: seen};
  } catch (error) {
    return error.name;
  }
}
"""
NOT_ALLOWED = "TypeError"
KEY = "a video +%é.mp4"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def pages() -> AsyncIterator[Served]:
    async with serving_page() as served:
        yield served


@pytest.fixture
async def page(browser: Browser, pages: Served) -> AsyncIterator[Page]:
    """A page of the origin that the rules let in, with an empty cache."""
    context = await browser.new_context()
    opened = await context.new_page()
    await opened.goto(pages.url("", "localhost"))
    yield opened
    await context.close()


@pytest.fixture
def place(api: Api, ceph: Ceph, pages: Served) -> Place:
    """A bucket with one file, imported, whose CORS rules let pages at localhost in."""
    customer = Customer.make(ceph)
    customer.put(KEY)
    place = connect(api, customer, origins=[pages.url("", "localhost").rstrip("/")])
    place.paste()
    place.run_import()
    return place


async def fetch(page: Page, url: str, *, method: str = "GET", **headers: str) -> Any:
    """Let a script of the page fetch a URL.

    Return the status, the body, and those headers that the script can see; of a request that the
    browser does not let it make the name of the exception, which tells nothing more.
    """
    return await page.evaluate(FETCH, [url, method, headers])


def presign(place: Place, method: str = "GET") -> str:
    [answer] = place.presign(place.list_assets(), method)
    return str(answer.url)


async def test_a_page_of_the_origin_reads_a_part_and_sees_the_headers(
    place: Place, page: Page
) -> None:
    content = f"team/{KEY}".encode()
    found = await fetch(page, presign(place), Range="bytes=5-9")
    exposed = {name: found["headers"][name] for name in ("content-range", "content-length")}
    assert (found["status"], found["body"], exposed) == (
        206,
        content[5:10].decode(),
        {"content-range": f"bytes 5-9/{len(content)}", "content-length": "5"},
    )
    assert {"etag", "accept-ranges"} <= found["headers"].keys()
    again = await fetch(page, presign(place), **{"If-None-Match": found["headers"]["etag"]})
    assert again["status"] == 304
    looked_at = await fetch(page, presign(place, "HEAD"), method="HEAD")
    assert (looked_at["status"], looked_at["headers"]["content-length"]) == (200, str(len(content)))


async def test_a_page_of_another_origin_is_kept_out(
    place: Place, page: Page, pages: Served
) -> None:
    await page.goto(pages.url("", "127.0.0.1"))
    assert await fetch(page, presign(place)) == NOT_ALLOWED
    assert await fetch(page, presign(place), Range="bytes=5-9") == NOT_ALLOWED


async def test_a_page_is_kept_out_without_the_rules_and_by_a_header_that_they_do_not_name(
    place: Place, page: Page
) -> None:
    url = presign(place)
    assert await fetch(page, url, **{"X-Mine": "1"}) == NOT_ALLOWED
    assert await fetch(page, url, method="DELETE") == NOT_ALLOWED
    place.customer.s3.delete_bucket_cors(Bucket=place.customer.bucket)
    assert await fetch(page, url, Range="bytes=0-3") == NOT_ALLOWED
    place.customer.set_cors(document(place.kit.cors))
    assert (await fetch(page, url, Range="bytes=0-3"))["body"] == "team"
