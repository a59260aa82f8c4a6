"""Uploads over the wire: refused before they are read, and forgotten when they break off."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from shared.database.session import Database
from tests.conftest import Tenant
from tests.services.ingest.api.test_manifests import CSV, PATH, count_chunks

MIB = 1024 * 1024


@pytest.fixture(params=["h11", "httptools"])
async def served(ingest: FastAPI, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of ingest, through each of uvicorn's two readers of HTTP."""
    config = uvicorn.Config(
        ingest, host="127.0.0.1", port=0, http=request.param, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.001)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(MIB)


async def test_a_long_body_is_stored_whole(served: str, tenant: Tenant) -> None:
    async with httpx.AsyncClient(base_url=served, headers=tenant.headers, trust_env=False) as api:
        answer = await api.post(PATH, content=chunks(40), headers=CSV)
        assert (answer.status_code, answer.json()["size"]) == (201, 40 * MIB)


async def test_a_stranger_is_answered_before_the_body_is_sent(served: str) -> None:
    host, port = served.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {1024**3}\r\n\r\n"
    writer.write(head.encode())
    assert await reader.readline() == b"HTTP/1.1 401 Unauthorized\r\n"
    writer.close()


async def test_an_upload_that_its_sender_gives_up_is_forgotten(
    served: str, database: Database, tenant: Tenant
) -> None:
    host, port = served.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    fields = {"Host": host, "Content-Length": str(1024**3), **CSV, **tenant.headers}
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + bytes(3 * MIB))
    async with asyncio.timeout(30):
        while await count_chunks(database, tenant) < 3:  # noqa: ASYNC110 (Postgres)
            await asyncio.sleep(0.01)
        writer.close()
        while await count_chunks(database, tenant) > 0:  # noqa: ASYNC110 (Postgres)
            await asyncio.sleep(0.01)
