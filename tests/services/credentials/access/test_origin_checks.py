"""The checks of one origin, with answers that our clouds do not give."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.catalogue import named_by
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, Status
from services.credentials.access.cors_findings import CorsRule
from services.credentials.access.origin_checks import (
    ORIGIN_CHECKS,
    OriginChecks,
    ViewerUrls,
    is_local,
)
from services.credentials.access.probes import Probes
from services.credentials.setup.cors import EXPOSED_HEADERS, REQUEST_HEADERS
from shared.errors import StorageError, StorageThrottledError, StorageUnavailableError
from shared.leases import Bucket
from shared.uris import Provider

ORIGIN = "https://app.example"
RULE = CorsRule("Give the bucket this CORS rule.", {"cors": {}})
BUCKET = Bucket(Provider.S3, "acme-data", "us-east-1", "https://s3.example", path_style=True)
ALLOW = {"Access-Control-Allow-Origin": ORIGIN}
GET, PREFLIGHT, RANGE, HEAD = ORIGIN_CHECKS

Answer = Callable[[httpx.Request], httpx.Response]
Headers = dict[str, str]


def whole(request: httpx.Request) -> httpx.Response:
    """Answer as a store does whose rule is that of the kit."""
    headers = {**ALLOW, "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS)}
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Headers"] = ", ".join(REQUEST_HEADERS)
        return httpx.Response(200, headers=headers)
    if "Origin" not in request.headers:
        return httpx.Response(200)
    return httpx.Response(206 if "Range" in request.headers else 200, headers=headers)


def without_preflights(status: int, headers: Headers) -> Answer:
    """Answer every read so, and refuse every preflight."""

    def answer(request: httpx.Request) -> httpx.Response:
        preflight = request.method == "OPTIONS"
        return httpx.Response(403) if preflight else httpx.Response(status, headers=headers)

    return answer


async def ask(
    answer: Answer, *, base: str = "https://s3.example", exists: bool = True
) -> dict[str, Finding]:
    guarded = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    urls = ViewerUrls(
        SignedUrl(BUCKET, f"{base}/acme-data/a.jpg?X-Amz-Signature=get"),
        SignedUrl(BUCKET, f"{base}/acme-data/a.jpg?X-Amz-Signature=head"),
        object_exists=exists,
    )
    checks = OriginChecks(BrowserChecks(Probes(guarded, guarded)), urls, RULE)
    asked = dict(checks.ask(ORIGIN))
    findings = await asyncio.gather(*asked.values())
    for name, finding in zip(asked, findings, strict=True):
        assert {cause.kind for cause in finding.causes} <= named_by(name)
    return dict(zip(asked, findings, strict=True))


def statuses(found: dict[str, Finding]) -> dict[str, Status]:
    return {name: finding.status for name, finding in found.items()}


async def test_a_store_with_the_rule_of_the_kit_passes_each_check() -> None:
    seen: list[tuple[str, str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.query.decode(), request.headers.get("Range", "")))
        return whole(request)

    assert statuses(await ask(answer)) == dict.fromkeys(ORIGIN_CHECKS, Status.PASSED)
    get, head = "X-Amz-Signature=get", "X-Amz-Signature=head"
    assert sorted(seen) == [
        ("GET", get, ""),  # with the origin, and once without
        ("GET", get, ""),
        ("GET", get, "bytes=0-0"),
        ("HEAD", head, ""),
        ("OPTIONS", get, ""),
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Last-Modified": "Mon, 16 Nov 2026 12:00:00 GMT"}, Status.PASSED),
        ({"Cache-Control": f"max-age={'9' * 5_000}"}, Status.WARNING),
        ({"Expires": f"Sat, 21 Nov {10**30} 12:00:00 GMT"}, Status.PASSED),
    ],
    ids=["days old, and no word of its life", "fresh for ever", "a year that no calendar has"],
)
async def test_only_an_answer_that_says_it_may_be_kept_warns_of_copies(
    said: Headers, status: Status
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        answered = whole(request)
        answered.headers.update({"Date": "Sat, 21 Nov 2026 12:00:00 GMT", **said})
        return answered

    expected = {**dict.fromkeys(ORIGIN_CHECKS, Status.PASSED), GET: status}
    assert statuses(await ask(answer)) == expected


@pytest.mark.parametrize(
    ("value", "sentence", "kind"),
    [
        ("null", "The store allows null, which is not", CauseKind.CORS_OTHER_ORIGIN),
        (f"{ORIGIN}/", f"{ORIGIN}/, which is not {ORIGIN}", CauseKind.CORS_OTHER_ORIGIN),
        (f"{ORIGIN}, *", "names 2 origins in one answer", CauseKind.CORS_SEVERAL_ORIGINS),
    ],
)
async def test_an_answer_that_shows_its_fault_is_told(
    value: str, sentence: str, kind: CauseKind
) -> None:
    found = await ask(without_preflights(206, {"Access-Control-Allow-Origin": value}))
    for name in (GET, RANGE, HEAD):
        assert sentence in found[name].sentence
        assert found[name].causes == (Cause(kind, RULE.advice, RULE.documents),)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, CauseKind.VIEWER_REFUSED),
        (403, CauseKind.VIEWER_REFUSED),
        (429, CauseKind.THROTTLED),
        (500, CauseKind.UNREACHABLE),
        (503, CauseKind.THROTTLED),
    ],
)
async def test_an_error_is_not_called_a_fault_of_cors(status: int, kind: CauseKind) -> None:
    found = await ask(without_preflights(status, {}))
    for name in (GET, RANGE, HEAD):
        assert f"with status {status}. Browsers may call that a CORS error" in found[name].sentence
        assert [(each.kind, each.documents) for each in found[name].causes] == [(kind, {})]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, StorageThrottledError), (503, StorageThrottledError), (500, StorageUnavailableError)],
)
async def test_a_store_that_is_busy_at_a_preflight_is_not_blamed_for_its_rules(
    status: int, kind: type[StorageError]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status) if request.method == "OPTIONS" else whole(request)

    with pytest.raises(kind):
        await ask(answer)


async def test_a_redirect_is_told() -> None:
    headers = {**ALLOW, "Location": "https://elsewhere.example/"}
    found = await ask(without_preflights(307, headers))
    assert found[GET].sentence.startswith("The store redirects a GET")


async def test_headers_that_are_lost_on_the_way_are_told_from_rules_that_do_not_fit() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return whole(request) if request.method == "OPTIONS" else httpx.Response(206)

    found = await ask(answer)
    assert statuses(found) == {**dict.fromkeys(ORIGIN_CHECKS, "failed"), PREFLIGHT: "passed"}
    assert found[RANGE].sentence == (
        f"A preflight for a GET of pages at {ORIGIN} is allowed, but the answer to the GET itself"
        " does not allow them."
    )
    assert [cause.kind for cause in found[RANGE].causes] == [CauseKind.CORS_DROPPED]


async def test_a_list_that_browsers_cannot_read_is_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method != "OPTIONS":
            return whole(request)
        return httpx.Response(200, headers={**ALLOW, "Access-Control-Allow-Headers": "range; q=1"})

    assert "that browsers cannot read" in (await ask(answer))[PREFLIGHT].sentence


async def test_headers_that_are_only_refused_together_are_a_failure() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        many = "," in request.headers.get("Access-Control-Request-Headers", "")
        return httpx.Response(403) if many else whole(request)

    found = await ask(answer)
    assert found[PREFLIGHT].status is Status.FAILED
    assert found[PREFLIGHT].sentence.endswith("if-modified-since, if-range together.")


async def test_a_part_that_comes_as_a_whole_is_a_warning() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=whole(request).headers)

    found = await ask(answer)
    assert statuses(found) == {**dict.fromkeys(ORIGIN_CHECKS, "passed"), RANGE: "warning"}


async def test_without_an_object_the_rules_are_asked() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "OPTIONS"
        return whole(request)

    tried = {**dict.fromkeys(ORIGIN_CHECKS, "skipped"), PREFLIGHT: "passed"}
    assert statuses(await ask(answer, exists=False)) == tried
    refused = await ask(without_preflights(200, ALLOW), exists=False)
    assert statuses(refused) == dict.fromkeys(ORIGIN_CHECKS, "failed")


async def test_a_page_with_tls_loads_nothing_from_a_host_without() -> None:
    found = await ask(whole, base="http://store.internal:9000")
    assert statuses(found) == dict.fromkeys(ORIGIN_CHECKS, "failed")
    assert "https and store.internal:9000 is not" in found[GET].sentence
    local = await ask(whole, base="http://127.0.0.1:9000")
    assert statuses(local) == dict.fromkeys(ORIGIN_CHECKS, "passed")


def test_a_host_on_the_same_machine_needs_no_tls() -> None:
    local = ("127.0.0.1", "127.9.9.9", "::1", "localhost", "store.localhost")
    assert all(map(is_local, local))
    assert not any(map(is_local, (None, "10.0.0.1", "localhost.example", "notlocalhost")))


async def test_a_store_that_goes_away_while_a_reason_is_looked_for_is_unavailable() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Origin") == "http://app.example":
            raise httpx.ConnectError("no", request=request)
        return httpx.Response(403 if request.method == "OPTIONS" else 200)

    with pytest.raises(StorageUnavailableError):
        await ask(answer)
