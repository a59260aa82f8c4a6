"""The shell: every answer is a problem or a result, readable by the allowed browsers alone."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from structlog.typing import EventDict

from shared.errors import SealBrokenError, StorageThrottledError
from tests.shared.sample import ORIGIN, PROBLEM, Sample

PATH = "/v1/things"
ORIGIN_HEADER = {"Origin": ORIGIN}
SECRET = "canary-8d1f"


def members(answer: httpx.Response) -> dict[str, object]:
    """Return the problem without its request id, checked to be a problem of this answer."""
    assert answer.headers["content-type"] == PROBLEM
    document: dict[str, object] = answer.json()
    assert document.pop("request_id") == answer.headers["x-request-id"]
    assert document["status"] == answer.status_code
    return document


async def raise_unexpected() -> Response:
    raise RuntimeError(SECRET)


async def break_off() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"half of "
        raise RuntimeError(SECRET)

    return StreamingResponse(chunks())


# --- Errors ----------------------------------------------------------------------------------


async def test_an_unexpected_error_is_a_500_that_says_nothing(
    caller: httpx.AsyncClient, sample: Sample, logs: list[EventDict]
) -> None:
    sample.stage.outcome = raise_unexpected
    answer = await caller.post(PATH, json={}, headers=ORIGIN_HEADER)
    assert members(answer) == {
        "type": "urn:mooring:problem:internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": "Something went wrong on our side; the request id finds it.",
        "code": "internal-error",
        "who": "operator",
    }
    assert [(event["event"], event["log_level"]) for event in logs] == [
        ("unexpected error", "error"),
        ("request", "info"),
    ]
    assert logs[1]["status"] == 500


async def test_an_unexpected_error_can_be_read_by_an_allowed_browser(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    sample.stage.outcome = raise_unexpected
    answer = await caller.post(PATH, json={}, headers=ORIGIN_HEADER)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["cache-control"] == "no-store"


async def test_an_answer_that_breaks_off_is_logged_and_cut(
    caller: httpx.AsyncClient, sample: Sample, logs: list[EventDict]
) -> None:
    sample.stage.outcome = break_off
    with pytest.raises(RuntimeError, match=SECRET):
        await caller.post(PATH, json={})
    assert [event["event"] for event in logs] == ["unexpected error", "request"]


async def test_an_error_of_ours_says_what_it_means(
    caller: httpx.AsyncClient, sample: Sample, logs: list[EventDict]
) -> None:
    async def throttled() -> Response:
        raise StorageThrottledError("The customer's cloud asks us to slow down.", bucket="images")

    sample.stage.outcome = throttled
    answer = await caller.post(PATH, json={})
    assert members(answer) == {
        "type": "urn:mooring:problem:storage-throttled",
        "title": "The customer's cloud is throttling requests",
        "status": 503,
        "detail": "The customer's cloud asks us to slow down.",
        "code": "storage-throttled",
        "who": "customer",
        "bucket": "images",
    }
    assert answer.headers["retry-after"] == "5"
    assert logs[0] == {
        "event": "request failed",
        "code": "storage-throttled",
        "detail": "The customer's cloud asks us to slow down.",
        "log_level": "warning",
    }


async def test_an_operators_problem_is_logged_with_its_cause(
    caller: httpx.AsyncClient, sample: Sample, logs: list[EventDict]
) -> None:
    async def broken() -> Response:
        raise SealBrokenError("A sealed secret cannot be opened.") from ValueError("bad tag")

    sample.stage.outcome = broken
    await caller.post(PATH, json={})
    assert isinstance(logs[0]["exc_info"], SealBrokenError)
    assert isinstance(logs[0]["exc_info"].__cause__, ValueError)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_a_path_that_is_not_there_is_a_problem(
    stranger: httpx.AsyncClient, method: str
) -> None:
    answer = await stranger.request(method, "/v1/nothing")
    assert members(answer) == {
        "type": "urn:mooring:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing at this path.",
        "code": "not-found",
        "who": "caller",
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
async def test_a_method_that_a_path_does_not_take_is_a_problem(
    stranger: httpx.AsyncClient, method: str
) -> None:
    answer = await stranger.request(method, PATH)
    assert members(answer) == {
        "type": "urn:mooring:problem:method-not-allowed",
        "title": "The method is not allowed",
        "status": 405,
        "detail": "This path does not take the method.",
        "code": "method-not-allowed",
        "who": "caller",
    }
    assert answer.headers["allow"] == "POST"


async def test_a_refused_head_request_gets_the_headers_of_a_problem(
    stranger: httpx.AsyncClient,
) -> None:
    for path, status in (("/v1/nothing", 404), (PATH, 405)):
        answer = await stranger.head(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


async def test_a_path_with_a_slash_too_many_is_not_redirected(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(PATH + "/", json={})
    assert answer.status_code == 404


async def test_without_a_key_the_answer_names_the_scheme(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(PATH, json={})
    assert members(answer) == {
        "type": "urn:mooring:problem:unauthorized",
        "title": "Authentication is required",
        "status": 401,
        "detail": "Send an API key as `Authorization: Bearer …`.",
        "code": "unauthorized",
        "who": "caller",
    }
    assert answer.headers["www-authenticate"] == "Bearer"


# --- What a 422 says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"name": SECRET}, "name", "String should have at most 10 characters"),
        ({"name": "UPPER"}, "name", "String should match pattern '^[a-z]*$'"),
        ({"kind": SECRET}, "kind", "Input should be 'near' or 'far'"),
        ({"owner_id": SECRET}, "owner_id", "is not valid"),
        ({"parts": [{"size": 1}, {"size": 0}]}, "parts.1.size", None),
        ({"parts": [{"size": 1, SECRET: 1}]}, "parts.0", "holds a field that is not known"),
        ({"parts": SECRET}, "parts", "Input should be a valid list"),
        ({SECRET: 1}, "body", "holds a field that is not known"),
        ({"labels": {SECRET: "x"}}, "labels.*", "is not valid"),
        ({"labels": {"near": SECRET}}, "labels.*", "is not valid"),
        ([SECRET], "body", "Input should be a valid dictionary or object to extract fields from"),
    ],
)
async def test_a_422_names_the_field_and_never_repeats_what_was_sent(
    caller: httpx.AsyncClient, body: object, field: str, sentence: str | None
) -> None:
    answer = await caller.post(PATH, json=body)
    problem = members(answer)
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid-input", field)
    assert problem["errors"] == [
        {
            "field": field,
            "problem": sentence or "Input should be greater than or equal to 1",
        }
    ]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        f'{{"name": "{SECRET}'.encode(),
        f'{{"name": {SECRET}}}'.encode(),
        b'{"name": "\xff\xfe' + SECRET.encode() + b'"}',
        SECRET.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5_000,
        b'{"name": "\\ud800"}',
        b'{"parts": [{"size": NaN}]}',
        b'{"parts": [{"size": 1e400}]}',
        b"",
        b"\x00",
    ],
)
async def test_a_body_that_is_no_body_is_a_422(caller: httpx.AsyncClient, content: bytes) -> None:
    answer = await caller.post(PATH, content=content, headers={"Content-Type": "application/json"})
    problem = members(answer)
    assert (problem["status"], problem["code"]) == (422, "invalid-input")
    assert SECRET not in answer.text


async def test_broken_json_is_called_so(caller: httpx.AsyncClient) -> None:
    for content in (b'{"name": ', b'{"name": "\xff"}'):
        answer = await caller.post(
            PATH, content=content, headers={"Content-Type": "application/json"}
        )
        problem = members(answer)
        assert problem["detail"] == "The body is not JSON in UTF-8."
        assert problem["field"] == "body"


async def test_a_body_of_another_type_is_a_422(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(
        PATH, content=SECRET.encode(), headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, members(answer)["field"]) == (422, "body")
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("path", "field"),
    [(f"{PATH}/{SECRET}", "thing_id"), (f"{PATH}/{UUID(int=7)}?limit={SECRET}", "limit")],
)
async def test_a_422_of_a_path_or_query_names_the_parameter_alone(
    caller: httpx.AsyncClient, path: str, field: str
) -> None:
    answer = await caller.get(path)
    assert (answer.status_code, members(answer)["field"]) == (422, field)
    assert SECRET not in answer.text


async def test_a_422_lists_no_more_than_a_hundred_errors(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(PATH, json={"parts": [{}] * 5_000})
    errors = members(answer)["errors"]
    assert isinstance(errors, list)
    assert len(errors) == 100


# --- Browsers ---------------------------------------------------------------------------------


async def test_a_preflight_of_an_allowed_origin_says_what_it_may_send(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.options(
        PATH,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST, PATCH, DELETE"
    assert answer.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in answer.headers
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com.evil.com",
        "https://evil.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://sub.app.example.com",
        "https://APP.example.com",
        "null",
        "",
    ],
)
async def test_another_origin_gets_no_permission(stranger: httpx.AsyncClient, origin: str) -> None:
    headers = {"Origin": origin}
    preflight = await stranger.options(
        PATH, headers={**headers, "Access-Control-Request-Method": "POST"}
    )
    answer = await stranger.get("/healthz", headers=headers)
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/v1/nothing", 404),
        ("PUT", PATH, 405),
        ("POST", PATH, 401),
        ("GET", f"{PATH}/x", 422),
    ],
)
async def test_every_answer_can_be_read_by_an_allowed_browser_and_has_a_request_id(
    stranger: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await stranger.request(method, path, headers=ORIGIN_HEADER)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-expose-headers"] == (
        "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id"
    )
    assert answer.headers["vary"] == "Origin"
    assert len(answer.headers["x-request-id"]) == 32


# --- Health and description -------------------------------------------------------------------


async def test_a_service_with_its_database_is_healthy_and_ready(
    stranger: httpx.AsyncClient,
) -> None:
    healthy, ready = await stranger.get("/healthz"), await stranger.get("/readyz")
    assert (healthy.status_code, healthy.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_the_description_gives_problems_their_media_type(sample: Sample) -> None:
    paths = sample.app.openapi()["paths"]
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert paths[PATH]["post"]["operationId"] == "add_thing"
    assert paths[PATH]["post"]["responses"]["422"]["content"] == problem
    assert paths["/v1/events"]["get"]["responses"]["409"] == {
        "content": problem,
        "description": "`conflict`, `location-not-verified`",
    }
