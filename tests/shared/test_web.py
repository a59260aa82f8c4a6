"""The shell: every answer is a problem or a result, readable by the allowed browsers alone."""

import httpx
import pytest

from shared.errors import DatabaseUnavailableError, StorageThrottledError
from shared.web import raises
from tests.shared.problems import members
from tests.shared.sample import ORIGIN, PROBLEM, Sample

PATH = "/v1/things"
ORIGIN_HEADER = {"Origin": ORIGIN}


# --- What the router refuses ------------------------------------------------------------------


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
        "description": "`conflict`, `location-not-verified` (`failed_checks`: the checks that"
        " failed, each as in an access report)",
    }


def test_the_description_gives_every_route_what_the_shell_answers(sample: Sample) -> None:
    responses = sample.app.openapi()["paths"]["/v1/events"]["get"]["responses"]
    assert {status: each["description"] for status, each in responses.items()} == {
        "200": "Successful Response",
        "409": responses["409"]["description"],
        "413": "`request-too-large`",
        "422": "Invalid request",
        "503": "`database-unavailable`",
    }


def test_the_description_gives_each_problem_once() -> None:
    described = raises(StorageThrottledError, DatabaseUnavailableError)
    assert described[503]["description"] == "`storage-throttled`, `database-unavailable`"
