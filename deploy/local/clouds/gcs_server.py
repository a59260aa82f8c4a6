"""A small Cloud Storage that refuses what Google would: on the loopback, in the running event loop.

    async with gcs_server() as world:
        world.add_bucket("acme")
        world.grant("acme", "reader@mooring.iam.gserviceaccount.com")
        world.url

One address serves the JSON API (`/storage/v1/b/…`), the XML API (`/bucket/key`), OAuth, the
Security Token Service and IAM Credentials. No stand-in that can be had checks signatures, CORS or
grants, or lists from `startOffset`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from deploy.local.clouds.gcs_identity import answer_identity
from deploy.local.clouds.gcs_json import JsonError, answer_json
from deploy.local.clouds.gcs_questions import Question
from deploy.local.clouds.gcs_world import Fault, GcsWorld
from deploy.local.clouds.gcs_xml import answer_xml

_JSON = ("/storage/v1/b/", "/download/storage/v1/b/")
_SLOW_DOWN = b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>SlowDown</Code></Error>"


class GcsServer:
    """Answer requests out of a world."""

    def __init__(self, world: GcsWorld) -> None:
        self._world = world

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        question = await Question.read(request)
        self._world.asked.append(question)
        fault = self._world.faults.popleft() if self._world.faults else None
        if fault is not None and fault != "truncate":
            return _fail(request, question.path, fault)
        if question.path.startswith(_JSON):
            answer = answer_json(self._world, question)
        elif question.method == "POST":
            answer = answer_identity(self._world, question)
        else:
            answer = answer_xml(self._world, question)
        return await _cut(request, answer) if fault == "truncate" else answer


def _fail(request: web.BaseRequest, path: str, fault: Fault) -> web.Response:
    is_json = path.startswith(_JSON)
    match fault:
        case "throttle" if is_json:
            return JsonError(429, "rateLimitExceeded", "Slow down, please.").answer()
        case "throttle":
            return web.Response(status=429, body=_SLOW_DOWN, content_type="application/xml")
        case "fail":
            return JsonError(503, "backendError", "Backend Error").answer()
        case "html":
            return web.Response(text="<html>Please log in</html>", content_type="text/html")
        case _:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()


async def _cut(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Send half of an answer and hang up."""
    body = whole.body
    assert isinstance(body, bytes)
    answer = web.StreamResponse(status=whole.status, headers=whole.headers)
    answer.content_length = len(body)
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.close()
    return answer


@asynccontextmanager
async def gcs_server(world: GcsWorld | None = None) -> AsyncIterator[GcsWorld]:
    """Serve a world on a free port."""
    world = world or GcsWorld()
    runner = web.ServerRunner(web.Server(GcsServer(world).answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        world.url = f"http://{host}:{port}"
        yield world
    finally:
        await runner.cleanup()
