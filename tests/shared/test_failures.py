"""Failures: every error is a problem document, and an unexpected one says nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from structlog.typing import EventDict

from shared.errors import SealBrokenError, StorageThrottledError
from tests.shared.problems import members
from tests.shared.sample import ORIGIN, Sample

PATH = "/v1/things"
ORIGIN_HEADER = {"Origin": ORIGIN}
SECRET = "canary-8d1f"


async def raise_unexpected() -> Response:
    raise RuntimeError(SECRET)


async def break_off() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"half of "
        raise RuntimeError(SECRET)

    return StreamingResponse(chunks())


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
