"""The shell behind a real server: what a real client sees, and what the server logs."""

import asyncio
import logging.config
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from starlette.responses import Response, StreamingResponse

from shared.request_bodies import LARGEST_BODY
from tests.conftest import Tenant
from tests.shared.output import Output
from tests.shared.sample import PROBLEM, Sample

PATH = "/v1/things"


@pytest.fixture(params=["h11", "httptools"])
async def served(
    sample: Sample, tenant: Tenant, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sample service, through each of uvicorn's two readers of HTTP."""
    config = uvicorn.Config(
        sample.app, host="127.0.0.1", port=0, http=request.param, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.001)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=tenant.headers, trust_env=False) as client:
        yield client
    server.should_exit = True
    await serving


async def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on(
    served: httpx.AsyncClient, sample: Sample
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (LARGEST_BODY // 16)

    for content in (b" " * (LARGEST_BODY + 1), chunks()):
        answer = await served.post(PATH, content=content)
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert (await served.post(PATH, json={})).status_code == 201
    assert sample.stage.runs == 2


async def test_an_answer_that_breaks_off_does_not_look_whole(
    served: httpx.AsyncClient, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_off() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"half of "
            raise RuntimeError("unexpected")

        return StreamingResponse(chunks())

    sample.stage.outcome = break_off
    with pytest.raises(httpx.RemoteProtocolError):
        await served.post(PATH, json={})
    assert "Exception in ASGI application" in caplog.text


async def test_a_head_request_gets_headers_and_no_body(served: httpx.AsyncClient) -> None:
    answer = await served.head(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert answer.headers["allow"] == "POST"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.content == b""


async def test_a_post_whose_caller_hangs_up_still_keeps_its_answer(
    served: httpx.AsyncClient, sample: Sample
) -> None:
    running, hung_up = asyncio.Event(), asyncio.Event()

    async def outlast_the_caller() -> Response:
        running.set()
        await hung_up.wait()
        return Response(b"made", status_code=201)

    sample.stage.outcome = outlast_the_caller
    first = asyncio.create_task(served.post(PATH, json={}, headers={"Idempotency-Key": "a"}))
    await running.wait()
    first.cancel()
    await asyncio.wait([first])
    hung_up.set()
    async with asyncio.timeout(10):
        while True:
            again = await served.post(PATH, json={}, headers={"Idempotency-Key": "a"})
            if again.status_code != 409:
                break
    assert (again.status_code, again.content) == (201, b"made")
    assert again.headers["idempotent-replayed"] == "true"
    assert sample.stage.runs == 1


async def test_a_request_is_logged_once_and_without_its_query(
    served: httpx.AsyncClient, output: Output
) -> None:
    logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)  # as `uvicorn` does at its start
    output.configure()
    await served.get("/healthz?sig=canary")
    (line,) = output.lines()
    assert (line["event"], line["route"], line["status"]) == ("request", "/healthz", 200)
    assert "canary" not in output.text()
