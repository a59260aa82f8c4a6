"""Our verdicts on CORS beside Chromium's: what we call readable, it reads, and nothing else."""

import sys
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from playwright.async_api import Browser, Page

from services.credentials.access.cached_answers import traps_readers
from services.credentials.access.cors_verdicts import (
    CorsAnswer,
    CorsRequest,
    hidden_headers,
    judge_answer,
    judge_preflight,
)
from services.credentials.setup.cors import EXPOSED_HEADERS
from tests.integration.chromium import (
    Question,
    Seen,
    ask_fetch,
    ask_image,
    ask_page,
    open_chromium,
)
from tests.integration.cors_cases import ALLOW, kept_copies, read_requests, server_answers
from tests.integration.cors_server import (
    Answers,
    Given,
    Served,
    serving_answers,
    serving_page,
)

pytestmark = pytest.mark.integration

UNREAD = Seen(read=False, status=None, visible=frozenset())


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
async def pages() -> AsyncIterator[Served]:
    async with serving_page() as served:
        yield served


@pytest.fixture
async def page(chromium: Browser, pages: Served) -> AsyncIterator[Page]:
    """A page with an empty cache."""
    context = await chromium.new_context()
    opened = await context.new_page()
    await opened.goto(pages.url(""))
    yield opened
    await context.close()


async def judge(http: httpx.AsyncClient, url: str, request: CorsRequest, *, image: bool) -> Seen:
    """Ask as we do, and say what a browser would see."""
    if request.needs_preflight:
        preflight = await http.options(url, headers=request.preflight_headers)
        answer = CorsAnswer(preflight.status_code, preflight.headers)
        if not judge_preflight(request, answer).allowed:
            return UNREAD
    read = await http.request(request.method, url, headers=request.sent_headers)
    answer = CorsAnswer(read.status_code, read.headers)
    if not judge_answer(request, answer).allowed:
        return UNREAD
    if image:
        return Seen(read=True, status=None, visible=frozenset())
    hidden = hidden_headers(answer, EXPOSED_HEADERS)
    visible = {name.lower() for name in EXPOSED_HEADERS if name in answer.headers}
    seen = frozenset(visible - {name.lower() for name in hidden})
    return Seen(read=True, status=answer.status, visible=seen)


def question(name: str, url: str, request: CorsRequest) -> Question:
    if name == "image":
        return ask_image(url)
    return ask_fetch(url, request.method, request.headers)


def of_interest(seen: Seen) -> Seen:
    """Leave out the headers that no viewer needs."""
    wanted = {name.lower() for name in EXPOSED_HEADERS}
    return Seen(seen.read, seen.status, seen.visible & wanted)


async def test_our_verdict_is_that_of_the_browser(
    page: Page, pages: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = pages.url("").rstrip("/")
    answers, requests = server_answers(origin), read_requests(origin)
    async with serving_answers(answers) as store, httpx.AsyncClient() as http:
        asked = {(case, name): store.url(f"{case}/{name}") for case in answers for name in requests}
        ours = {
            (case, name): await judge(http, url, requests[name], image=name == "image")
            for (case, name), url in asked.items()
        }
        seen = await ask_page(
            page, [question(name, url, requests[name]) for (_, name), url in asked.items()]
        )
    theirs = dict(zip(asked, map(of_interest, seen), strict=True))
    differing = {each: (ours[each], theirs[each]) for each in asked if ours[each] != theirs[each]}
    assert differing == {}
    read = sum(each.read for each in theirs.values())
    assert 0 < read < len(asked)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(answers)} servers x {len(requests)} requests: {len(asked)} verdicts like"
            f" Chromium's, {read} of them readable\n"
        )


async def test_a_wildcard_for_authorization_is_refused_by_the_standard_before_by_the_browser(
    page: Page, pages: Served
) -> None:
    """Chromium still lets it pass, and says in its console that it will not for ever."""
    origin = pages.url("").rstrip("/")
    preflight = Given(200, [(ALLOW, origin), ("Access-Control-Allow-Headers", "*")])
    table = {"any": Answers(Given(200, [(ALLOW, origin)]), preflight)}
    request = CorsRequest(origin, headers={"Authorization": "Bearer x"})
    async with serving_answers(table) as store, httpx.AsyncClient() as http:
        url = store.url("any/a")
        assert await judge(http, url, request, image=False) == UNREAD
        [seen] = await ask_page(page, [ask_fetch(url, headers=request.headers)])
        assert seen.read


def copies(origin: str) -> Mapping[str, Answers]:
    allowed = Given(200, [(ALLOW, origin), ("Vary", "Origin")])
    return {
        name: Answers(allowed, plain=Given(200, headers)) for name, headers in kept_copies().items()
    }


async def test_a_copy_that_we_call_a_trap_is_one(page: Page, pages: Served) -> None:
    origin = pages.url("").rstrip("/")
    table = copies(origin)
    async with serving_answers(table) as store, httpx.AsyncClient() as http:
        urls = {name: store.url(f"{name}/a") for name in table}
        ours = {}
        for name, url in urls.items():
            plain = await http.get(url)
            ours[name] = traps_readers(CorsAnswer(plain.status_code, plain.headers))
        shown = await ask_page(page, [ask_image(url, "") for url in urls.values()])
        assert all(seen.read for seen in shown)
        await page.reload()  # what is in the page's own memory is no copy on the disk
        fetched = await ask_page(page, [ask_fetch(url) for url in urls.values()])
    theirs = {name: not seen.read for name, seen in zip(urls, fetched, strict=True)}
    # Of an old file that says nothing of its life a browser guesses one, which we do not warn of.
    assert theirs == {**ours, "aged": True}
    assert not ours["aged"]
    assert set(ours.values()) == {True, False}


async def test_a_file_that_is_always_loaded_with_cors_is_no_trap(page: Page, pages: Served) -> None:
    table = copies(pages.url("").rstrip("/"))
    async with serving_answers(table) as store:
        urls = [store.url(f"{name}/b") for name in table]
        asked = [ask(url) for url in urls for ask in (ask_image, ask_fetch)]
        assert all(seen.read for seen in await ask_page(page, asked))
