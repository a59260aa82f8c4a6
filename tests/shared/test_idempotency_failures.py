"""Idempotency keys when things break: connections, databases, processes, and late requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope
from structlog.typing import EventDict

from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import DatabaseUnavailableError
from tests.conftest import Tenant
from tests.shared.sample import Sample, build_sample

PATH = "/v1/things"
JSON = "application/json"
SHOWN_ONCE = "mrg_canary_shown_once_4f0c"


def keyed(key: str = "order-1", **more: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **more}


async def show_once() -> Response:
    return JSONResponse({"api_key": SHOWN_ONCE}, status_code=201, headers={"Location": "/v1/x"})


class Wire:
    """A connection on which a caller sends one POST; it may break before the answer is sent."""

    def __init__(self, tenant: Tenant) -> None:
        self.scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "query_string": b"",
            "headers": [
                (b"authorization", f"Bearer {tenant.api_key}".encode()),
                (b"content-type", b"application/json"),
                (b"content-length", b"2"),
                (b"idempotency-key", b"order-1"),
            ],
        }
        self._sent = False

    async def receive(self) -> Message:
        if self._sent:
            return {"type": "http.disconnect"}
        self._sent = True
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def broken_send(self, _message: Message) -> None:
        raise OSError("the connection is gone")


async def test_what_ran_is_kept_though_the_answer_could_not_be_sent(
    caller: httpx.AsyncClient, sample: Sample, tenant: Tenant
) -> None:
    wire = Wire(tenant)
    with pytest.raises(OSError, match="the connection is gone"):
        await sample.app(wire.scope, wire.receive, wire.broken_send)
    again = await caller.post(PATH, content=b"{}", headers=keyed(**{"Content-Type": JSON}))
    assert again.headers["idempotent-replayed"] == "true"
    assert sample.stage.runs == 1


class Flaky(Database):
    """The database, gone when a test says so."""

    gone = False

    @asynccontextmanager
    async def begin(self, org_id: UUID) -> AsyncIterator[AsyncSession]:
        if self.gone:
            raise DatabaseUnavailableError("Postgres cannot be reached right now.")
        async with super().begin(org_id) as session:
            yield session


async def test_an_answer_is_given_though_the_database_went_away_before_it_was_kept(
    database_url: SecretStr, clock: FrozenClock, tenant: Tenant, logs: list[EventDict]
) -> None:
    flaky = Flaky(database_url)
    sample = build_sample(flaky, database_url, clock)

    async def lose_the_database() -> Response:
        flaky.gone = True
        return JSONResponse({"made": True}, status_code=201)

    sample.stage.outcome = lose_the_database
    transport = httpx.ASGITransport(sample.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample") as client:
        headers = keyed(**tenant.headers)
        given = await client.post(PATH, json={}, headers=headers)
        without = await client.post(PATH, json={}, headers=headers)
        flaky.gone = False
        too_early = await client.post(PATH, json={}, headers=headers)
    await flaky.close()
    assert (given.status_code, given.json()) == (201, {"made": True})
    assert (without.status_code, without.json()["code"]) == (503, "database-unavailable")
    assert (too_early.status_code, too_early.json()["code"]) == (409, "idempotency-key-in-use")
    assert logs[0] == {
        "event": "idempotency key not settled",
        "status": 201,
        "code": "database-unavailable",
        "log_level": "warning",
    }


async def test_a_request_that_is_cancelled_may_be_tried_again_at_once(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    running = asyncio.Event()

    async def hang() -> Response:
        running.set()
        await asyncio.Event().wait()
        raise AssertionError

    sample.stage.outcome = hang
    task = asyncio.create_task(caller.post(PATH, json={}, headers=keyed()))
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    sample.stage.outcome = show_once
    assert (await caller.post(PATH, json={}, headers=keyed())).status_code == 201


async def test_the_key_of_a_process_that_died_is_free_after_two_minutes(
    caller: httpx.AsyncClient, sample: Sample, clock: FrozenClock
) -> None:
    running = asyncio.Event()
    over = asyncio.Event()

    async def hang() -> Response:
        running.set()
        await over.wait()
        return JSONResponse({"by": "the first"}, status_code=201)

    async def quick() -> Response:
        return JSONResponse({"by": "the second"}, status_code=201)

    sample.stage.outcome = hang
    first = asyncio.create_task(caller.post(PATH, json={}, headers=keyed()))
    await running.wait()
    sample.stage.outcome = quick
    clock.advance(timedelta(minutes=1, seconds=59))
    assert (await caller.post(PATH, json={}, headers=keyed())).status_code == 409
    clock.advance(timedelta(seconds=2))
    second = await caller.post(PATH, json={}, headers=keyed())
    over.set()
    await first
    third = await caller.post(PATH, json={}, headers=keyed())
    assert second.json() == third.json() == {"by": "the second"}


async def test_a_late_request_does_not_answer_for_the_one_that_took_its_key_over(
    caller: httpx.AsyncClient, sample: Sample, clock: FrozenClock
) -> None:
    running, over, second_running, second_over = (asyncio.Event() for _ in range(4))

    async def hang() -> Response:
        running.set()
        await over.wait()
        return JSONResponse({"by": "the first"}, status_code=201)

    async def hang_too() -> Response:
        second_running.set()
        await second_over.wait()
        return JSONResponse({"by": "the second"}, status_code=201)

    sample.stage.outcome = hang
    first = asyncio.create_task(caller.post(PATH, json={}, headers=keyed()))
    await running.wait()
    clock.advance(timedelta(minutes=3))
    sample.stage.outcome = hang_too
    second = asyncio.create_task(caller.post(PATH, json={}, headers=keyed()))
    await second_running.wait()
    over.set()
    await first
    meanwhile = await caller.post(PATH, json={}, headers=keyed())
    second_over.set()
    await second
    after = await caller.post(PATH, json={}, headers=keyed())
    assert meanwhile.status_code == 409
    assert after.json() == {"by": "the second"}
