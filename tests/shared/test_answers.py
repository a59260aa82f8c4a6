"""Answers: careful headers, and one log event that tells no secret."""

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Message
from structlog.typing import EventDict

from tests.shared.sample import ORIGIN, Sample

CAREFUL = ("cache-control", "x-content-type-options", "referrer-policy")


def careful(answer: httpx.Response) -> list[str | None]:
    return [answer.headers.get(name) for name in CAREFUL]


async def test_every_answer_forbids_caching_sniffing_and_referrers(
    stranger: httpx.AsyncClient,
) -> None:
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    for answer in (
        await stranger.get("/healthz"),
        await stranger.get("/v1/nothing"),
        await stranger.post("/v1/things", json={}),
        await stranger.options("/v1/things", headers=preflight),
    ):
        assert careful(answer) == ["no-store", "nosniff", "no-referrer"]


async def test_a_route_may_allow_caching(caller: httpx.AsyncClient, sample: Sample) -> None:
    async def cacheable() -> Response:
        return Response(headers={"Cache-Control": "private, max-age=60"})

    sample.stage.outcome = cacheable
    answer = await caller.post("/v1/things", json={})
    assert careful(answer) == ["private, max-age=60", "nosniff", "no-referrer"]


async def test_the_log_names_the_route_and_not_what_was_asked(
    caller: httpx.AsyncClient, logs: list[EventDict]
) -> None:
    await caller.get("/v1/things/canary-path?canary=query")
    await caller.get("/v1/canary-nothing")
    durations = [event.pop("duration_ms") for event in logs]
    assert all(duration > 0 for duration in durations)
    assert logs == [
        {
            "event": "request",
            "method": "GET",
            "route": "/v1/things/{thing_id}",
            "status": 422,
            "log_level": "info",
        },
        {
            "event": "request",
            "method": "GET",
            "route": None,
            "status": 404,
            "log_level": "info",
        },
    ]


async def test_a_caller_who_hung_up_is_logged_without_a_status(
    sample: Sample, logs: list[EventDict]
) -> None:
    async def hang_up() -> Message:
        return {"type": "http.disconnect"}

    async def refuse(_message: Message) -> None:
        pytest.fail("nobody is there to answer")

    scope = {"type": "http", "method": "POST", "path": "/v1/things", "headers": []}
    await sample.app(scope, hang_up, refuse)
    assert [(event["event"], event["status"]) for event in logs] == [("request", None)]
