"""Judging answers as a browser does, for answers that our clouds do not give."""

from collections.abc import Callable

import httpx
import pytest

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.causes import CauseKind
from services.credentials.access.checks import Cause, Finding, Status, failed
from services.credentials.access.probes import Probes
from shared.errors import StorageUnavailableError
from shared.leases import Bucket
from shared.uris import Provider

ORIGIN = "https://app.example"
REMEDY = Cause(CauseKind.CORS_ABSENT, "Give the bucket this CORS rule.", {"cors": {}})
SIGNED = SignedUrl(
    Bucket(Provider.S3, "acme-data", "us-east-1", "https://s3.example", path_style=True),
    "https://s3.example/acme-data/photos/a.jpg?X-Amz-Signature=5e",
)
PREFLIGHT = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Range",
}
GET = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Expose-Headers": "etag, content-range, accept-ranges",
}

Answer = Callable[[httpx.Request], httpx.Response]


def explain(status: int, code: str, message: str) -> Finding:
    assert message == ""
    return failed(
        f"{status} {code}", Cause(CauseKind.PRESIGNED_DENIED, "Look at the bucket's policy.")
    )


def checks(answer: Answer) -> BrowserChecks:
    guarded = httpx.AsyncClient(transport=httpx.MockTransport(answer))

    def forbidden(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was not asked through the guard")

    direct = httpx.AsyncClient(transport=httpx.MockTransport(forbidden))
    return BrowserChecks(Probes(guarded, direct))


async def cors(
    preflight: dict[str, str], get: dict[str, str], *, status: int = 200, exists: bool = True
) -> Finding:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Origin"] == ORIGIN
        if request.method == "OPTIONS":
            return httpx.Response(status, headers=preflight)
        assert request.headers["Range"] == "bytes=0-0"
        return httpx.Response(206, headers=get)

    return await checks(answer).cors(ORIGIN, SIGNED, REMEDY, object_exists=exists)


async def test_answers_that_allow_the_origin_pass() -> None:
    assert (await cors(PREFLIGHT, GET)).status is Status.PASSED
    assert (await cors(PREFLIGHT, GET, status=204)).status is Status.PASSED


@pytest.mark.parametrize(
    "change",
    [
        {"Access-Control-Allow-Origin": ""},
        {"Access-Control-Allow-Origin": "https://APP.example"},
        {"Access-Control-Allow-Origin": f"{ORIGIN}/"},
        {"Access-Control-Allow-Origin": f"{ORIGIN}, {ORIGIN}"},
        {"Access-Control-Allow-Origin": f"{ORIGIN}, *"},
        {"Access-Control-Allow-Headers": "authorization"},
        {"Access-Control-Allow-Headers": ""},
    ],
)
async def test_a_preflight_that_a_browser_would_stumble_over_fails(change: dict[str, str]) -> None:
    finding = await cors({**PREFLIGHT, **change}, GET)
    assert finding.status is Status.FAILED
    assert finding.likeliest is not None
    assert set(finding.likeliest.documents) == {"cors"}


async def test_a_preflight_that_is_refused_fails_whatever_its_headers_say() -> None:
    assert (await cors(PREFLIGHT, GET, status=403)).status is Status.FAILED
    assert (await cors(PREFLIGHT, GET, status=302)).status is Status.FAILED


async def test_the_list_of_methods_does_not_matter_for_a_safelisted_method() -> None:
    without = {name: text for name, text in PREFLIGHT.items() if "Methods" not in name}
    assert (await cors(without, GET)).status is Status.PASSED


async def test_a_get_that_does_not_allow_the_origin_fails() -> None:
    assert (await cors(PREFLIGHT, {})).status is Status.FAILED
    other = {"Access-Control-Allow-Origin": "https://other.example"}
    assert (await cors(PREFLIGHT, other)).status is Status.FAILED


async def test_headers_that_scripts_cannot_see_are_a_warning() -> None:
    finding = await cors(PREFLIGHT, {"Access-Control-Allow-Origin": "*"})
    assert finding.status is Status.WARNING
    assert finding.sentence == (
        f"Scripts of {ORIGIN} cannot see the headers ETag, Content-Range, Accept-Ranges."
    )
    everything = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
    assert (await cors(PREFLIGHT, everything)).status is Status.PASSED


async def test_without_an_object_only_preflights_are_asked() -> None:
    assert (await cors(PREFLIGHT, {}, exists=False)).status is Status.WARNING


@pytest.mark.parametrize("status", [200, 206])
async def test_a_presigned_url_that_fetches_passes_and_the_object_is_not_read(status: int) -> None:
    class Endless(httpx.AsyncByteStream):
        def __aiter__(self) -> "Endless":
            return self

        async def __anext__(self) -> bytes:
            raise AssertionError("the object was read")

    answer = httpx.Response(status, stream=Endless())
    finding = await checks(lambda _: answer).sign(SIGNED, explain)
    assert finding.status is Status.PASSED


@pytest.mark.parametrize(
    ("status", "body", "who"),
    [
        (301, b"<Error><Code>PermanentRedirect</Code></Error>", "operator"),
        (400, b"<Error><Code>AuthorizationHeaderMalformed</Code></Error>", "operator"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "customer"),
        (403, b"", "customer"),
        (403, b"x" * 1_000_000, "customer"),
    ],
)
async def test_a_presigned_url_that_is_refused_fails(status: int, body: bytes, who: str) -> None:
    finding = await checks(lambda _: httpx.Response(status, content=body)).sign(SIGNED, explain)
    assert finding.status is Status.FAILED
    assert finding.likeliest is not None
    assert finding.likeliest.kind.who == who


async def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    with pytest.raises(StorageUnavailableError):
        await checks(answer).sign(SIGNED, explain)


def test_a_signed_url_does_not_show_its_signature() -> None:
    assert "Signature" not in repr(SIGNED)
