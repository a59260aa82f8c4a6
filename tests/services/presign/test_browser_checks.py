"""The gateway's page and module for browsers, with a fake vault."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.presign.pages import PAGE
from shared.browser_checks import Reached, Read, SeenBody
from shared.errors import ConflictError, StorageDeniedError
from shared.storage.signing.s3 import derive_signing_key, presign_s3
from shared.tokens import mint_browser_token
from tests.conftest import NOW
from tests.services.presign.conftest import BUCKET, SECRET, FakeVault

ORG_ID, CHECK_ID = uuid4(), uuid4()
TOKEN = mint_browser_token(ORG_ID, CHECK_ID).get_secret_value()
BASE = f"/v1/browser-checks/{TOKEN}"
STORE = "https://customer-images.s3.eu-west-1.amazonaws.com"
SEEN = {"reached": "loaded", "get": "read", "preflight": "read", "range": "hidden", "head": "read"}


@pytest.fixture
async def browser(gateway: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an API key."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway), base_url="http://gateway"
    ) as client:
        yield client


def url_of(method: str) -> str:
    """Sign as for viewers; the link's last five minutes bound the URL."""
    return presign_s3(
        BUCKET,
        "photos/a b.jpg",
        access_key_id="ASIAEXAMPLE",
        session_token="session",
        signing_key=derive_signing_key(SECRET, NOW.date(), BUCKET.region),
        signed_at=NOW,
        expires_in=timedelta(minutes=5),
        method="HEAD" if method == "HEAD" else "GET",
    )


async def test_the_page_may_load_from_itself_and_the_store_alone(
    browser: httpx.AsyncClient, vault: FakeVault
) -> None:
    answer = await browser.get(f"{BASE}/")
    assert (answer.status_code, answer.text) == (200, PAGE)
    style = PAGE.split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'sha256-{digest}'",
        f"img-src {STORE}",
        f"connect-src 'self' {STORE}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert vault.told == [(ORG_ID, TOKEN)]


async def test_the_questions_are_urls_as_viewers_get_them(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"{BASE}/questions", headers={"Origin": "https://app.example"})
    assert answer.json() == {
        "get": url_of("GET"),
        "head": url_of("HEAD"),
        "is_image": True,
        "origins": ["https://app.example"],
    }
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("script", ["check.js", "page.js"])
async def test_scripts_run_in_pages_of_every_origin(
    browser: httpx.AsyncClient, vault: FakeVault, script: str
) -> None:
    answer = await browser.get(f"{BASE}/{script}")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert vault.told == []  # they are the same for everybody


async def test_what_a_browser_saw_is_passed_on_with_the_origin_of_its_page(
    browser: httpx.AsyncClient, vault: FakeVault
) -> None:
    headers = {"Origin": "https://app.example"}
    answer = await browser.post(f"{BASE}/results", content=json.dumps(SEEN), headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    seen = SeenBody(
        reached=Reached.LOADED,
        get=Read.READ,
        preflight=Read.READ,
        range="hidden",
        head=Read.READ,
    )
    assert vault.told == [(ORG_ID, TOKEN, "https://app.example", seen)]
    await browser.post(f"{BASE}/results", content=json.dumps(SEEN))
    assert vault.told[1:] == [(ORG_ID, TOKEN, None, seen)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "{}",
        json.dumps([SEEN]),
        json.dumps({**SEEN, "get": "hidden"}),
        json.dumps({**SEEN, "reached": "<script>"}),
        json.dumps({**SEEN, "range": None}),
        json.dumps({**SEEN, "finding": "canary"}),
    ],
)
async def test_nothing_but_the_few_words_is_taken(
    browser: httpx.AsyncClient, vault: FakeVault, body: str
) -> None:
    answer = await browser.post(f"{BASE}/results", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert "canary" not in answer.text
    assert vault.told == []


async def test_an_origin_that_none_can_have_is_not_passed_on(
    browser: httpx.AsyncClient, vault: FakeVault
) -> None:
    headers = {"Origin": "https://" + "a" * 300}
    answer = await browser.post(f"{BASE}/results", content=json.dumps(SEEN), headers=headers)
    assert answer.status_code == 422
    assert vault.told == []


@pytest.mark.parametrize("token", ["x", TOKEN[:-1], TOKEN + "A", TOKEN.replace("mbc", "mrg")])
async def test_what_is_no_token_is_not_even_asked_about(
    browser: httpx.AsyncClient, vault: FakeVault, token: str
) -> None:
    base = f"/v1/browser-checks/{token}"
    answers = [
        await browser.get(f"{base}/"),
        await browser.get(f"{base}/questions"),
        await browser.post(f"{base}/results", content=json.dumps(SEEN)),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert vault.told == []


async def test_what_the_vault_refuses_is_told_as_it_says(
    browser: httpx.AsyncClient, vault: FakeVault
) -> None:
    vault.failure = ConflictError("This link was used: ask for another one.")
    for answer in (
        await browser.get(f"{BASE}/"),
        await browser.get(f"{BASE}/questions"),
        await browser.post(f"{BASE}/results", content=json.dumps(SEEN)),
    ):
        assert answer.status_code == 409
        assert answer.json()["detail"] == "This link was used: ask for another one."


async def test_a_location_that_gives_no_lease_is_told_as_that(
    browser: httpx.AsyncClient, vault: FakeVault
) -> None:
    vault.failures[UUID(int=7)] = StorageDeniedError("The role does not exist.")
    answer = await browser.get(f"{BASE}/questions")
    assert (answer.status_code, answer.json()["code"]) == (424, "storage-denied")
