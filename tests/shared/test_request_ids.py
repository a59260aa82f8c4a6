"""Request ids: one word for an answer, its problem and its log lines."""

import httpx
import pytest
from starlette.responses import Response
from structlog.contextvars import get_contextvars

from tests.shared.sample import Sample


@pytest.mark.parametrize("given", ["0123abcd", "Order-17.retry_2", "x" * 64])
async def test_a_plain_word_of_the_caller_is_taken(stranger: httpx.AsyncClient, given: str) -> None:
    answer = await stranger.get("/v1/nothing", headers={"X-Request-Id": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert answer.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "two words", "<script>alert(1)", 'a"quoted"', "abcdefgh\xe9"]
)
async def test_anything_else_is_replaced(stranger: httpx.AsyncClient, given: str) -> None:
    answer = await stranger.get("/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    made = answer.headers["x-request-id"]
    assert made != given
    assert len(made) == 32
    assert made.isalnum()


async def test_each_request_gets_an_id_of_its_own(stranger: httpx.AsyncClient) -> None:
    first, second = await stranger.get("/healthz"), await stranger.get("/healthz")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_the_id_is_bound_while_the_request_runs_and_not_after(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    bound: list[object] = []

    async def look() -> Response:
        bound.append(get_contextvars().get("request_id"))
        return Response()

    sample.stage.outcome = look
    answer = await caller.post("/v1/things", json={})
    assert bound == [answer.headers["x-request-id"]]
    assert "request_id" not in get_contextvars()
