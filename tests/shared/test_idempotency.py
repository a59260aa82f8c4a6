"""Idempotency keys: a POST that is sent twice runs once, and its answer is for its caller alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from secrets import token_hex

import httpx
import psycopg
import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse

from deploy.local.postgres import Postgres
from shared.clock import FrozenClock
from shared.errors import NotFoundError
from tests.conftest import Tenant
from tests.shared.sample import ADMIN_KEY, Sample

PATH = "/v1/things"
SHOWN_ONCE = "mrg_canary_shown_once_4f0c"


def keyed(key: str = "order-1", **more: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **more}


@pytest.fixture
def superuser(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """Whoever holds a copy of the database: row-level security does not bind him."""
    with psycopg.connect(postgres.superuser_url("mooring"), autocommit=True) as connection:
        yield connection


async def show_once() -> Response:
    return JSONResponse({"api_key": SHOWN_ONCE}, status_code=201, headers={"Location": "/v1/x"})


async def raise_unexpected() -> Response:
    raise RuntimeError("unexpected")


async def raise_not_found() -> Response:
    raise NotFoundError("There is no such thing.")


# --- Once ------------------------------------------------------------------------------------


async def test_the_second_request_gets_the_first_ones_answer(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    sample.stage.outcome = show_once
    first = await caller.post(PATH, json={"name": "a"}, headers=keyed())
    second = await caller.post(PATH, json={"name": "a"}, headers=keyed())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["location"] == "/v1/x"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert sample.stage.runs == 1


async def test_without_a_key_every_request_runs(caller: httpx.AsyncClient, sample: Sample) -> None:
    for _ in range(2):
        await caller.post(PATH, json={})
    assert sample.stage.runs == 2


async def test_another_key_another_path_and_another_organization_run_for_themselves(
    caller: httpx.AsyncClient, sample: Sample, other_tenant: Tenant
) -> None:
    await caller.post(PATH, json={}, headers=keyed("order-1"))
    await caller.post(PATH, json={}, headers=keyed("order-2"))
    await caller.post(PATH, json={}, headers={**keyed("order-1"), **other_tenant.headers})
    operator = {"Authorization": f"Bearer {ADMIN_KEY.get_secret_value()}"}
    answers = [
        await caller.post("/v1/operations", headers={**keyed("order-1"), **operator})
        for _ in range(2)
    ]
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true"]
    assert sample.stage.runs == 4


async def test_of_requests_at_the_same_time_one_runs_and_the_others_are_told_to_wait(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    refused = asyncio.Event()

    async def wait() -> Response:
        await refused.wait()
        return JSONResponse({"made": True}, status_code=201)

    sample.stage.outcome = wait

    async def post() -> httpx.Response:
        answer = await caller.post(PATH, json={}, headers=keyed())
        if answer.status_code == 409:
            refused.set()
        return answer

    answers = await asyncio.gather(*(post() for _ in range(8)))
    problems = [answer for answer in answers if answer.status_code == 409]
    assert sample.stage.runs == 1
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert {answer.json()["code"] for answer in problems} == {"idempotency-key-in-use"}
    assert {answer.headers["retry-after"] for answer in problems} == {"1"}


# --- What does not match ----------------------------------------------------------------------


async def test_a_key_with_another_body_or_query_is_refused(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    await caller.post(PATH, json={"name": "a"}, headers=keyed())
    other_body = await caller.post(PATH, json={"name": "b"}, headers=keyed())
    other_query = await caller.post(PATH + "?dry=1", json={"name": "a"}, headers=keyed())
    for answer in (other_body, other_query):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert answer.json()["field"] == "Idempotency-Key"
    assert sample.stage.runs == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "tab\there"])
async def test_a_key_that_is_no_key_is_refused_and_not_repeated(
    caller: httpx.AsyncClient, sample: Sample, key: str
) -> None:
    answer = await caller.post(PATH, json={}, headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")
    assert key not in answer.text or not key
    assert sample.stage.runs == 0


async def test_a_key_without_an_api_key_is_a_401(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(PATH, json={}, headers=keyed())
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_spaces_before_the_api_key_change_nothing(
    caller: httpx.AsyncClient, sample: Sample, tenant: Tenant
) -> None:
    spaced = {"Authorization": f"bearer   {tenant.api_key}"}
    await caller.post(PATH, json={}, headers=keyed())
    again = await caller.post(PATH, json={}, headers=keyed(**spaced))
    assert again.headers["idempotent-replayed"] == "true"
    assert sample.stage.runs == 1


@pytest.mark.parametrize("path", ["/v1/%00", "/v1/%ff%fe", "/v1/long"])
async def test_a_path_that_postgres_cannot_index_is_a_404(
    caller: httpx.AsyncClient, path: str
) -> None:
    path = path.replace("long", token_hex(9_000))
    answer = await caller.post(path, json={}, headers=keyed())
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


# --- What is kept -----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [raise_unexpected, raise_not_found])
async def test_a_request_that_failed_may_be_tried_again(
    caller: httpx.AsyncClient, sample: Sample, outcome: Callable[[], Awaitable[Response]]
) -> None:
    sample.stage.outcome = outcome
    first = await caller.post(PATH, json={}, headers=keyed())
    sample.stage.outcome = show_once
    second = await caller.post(PATH, json={}, headers=keyed())
    assert first.status_code in {404, 500}
    assert second.status_code == 201
    assert sample.stage.runs == 2


async def test_a_request_that_was_not_valid_may_be_corrected(caller: httpx.AsyncClient) -> None:
    first = await caller.post(PATH, json={"kind": "none"}, headers=keyed())
    second = await caller.post(PATH, json={"kind": "far"}, headers=keyed())
    assert (first.status_code, second.status_code) == (422, 201)


async def test_a_secret_shown_once_is_nowhere_in_the_database(
    caller: httpx.AsyncClient,
    sample: Sample,
    tenant: Tenant,
    superuser: psycopg.Connection,
) -> None:
    sample.stage.outcome = show_once
    await caller.post(PATH, json={"name": "canary"}, headers=keyed())
    found = superuser.execute(
        "SELECT answer, request_hash, route, key FROM idempotency_key WHERE org_id = %s",
        [tenant.org_id],
    ).fetchall()
    assert len(found) == 1
    stored = b"".join(bytes(part, "utf-8") if isinstance(part, str) else part for part in found[0])
    assert SHOWN_ONCE.encode() not in stored
    assert b"canary" not in stored
    assert tenant.api_key.encode() not in stored


async def test_an_answer_is_forgotten_after_a_day(
    caller: httpx.AsyncClient, sample: Sample, clock: FrozenClock
) -> None:
    await caller.post(PATH, json={}, headers=keyed())
    clock.advance(timedelta(hours=23, minutes=59))
    kept = await caller.post(PATH, json={}, headers=keyed())
    clock.advance(timedelta(minutes=2))
    forgotten = await caller.post(PATH, json={}, headers=keyed())
    assert kept.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in forgotten.headers
    assert sample.stage.runs == 2


async def test_an_answer_too_large_to_keep_is_given_and_not_kept(
    caller: httpx.AsyncClient, sample: Sample
) -> None:
    large = b"x" * (1024 * 1024 + 1)

    async def stream() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(large), 65_536):
                yield large[start : start + 65_536]

        return StreamingResponse(chunks())

    sample.stage.outcome = stream
    for _ in range(2):
        answer = await caller.post(PATH, json={}, headers=keyed())
        assert answer.content == large
    assert sample.stage.runs == 2


async def test_a_streamed_answer_is_kept_whole(caller: httpx.AsyncClient, sample: Sample) -> None:
    async def stream() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"one "
            yield b"two"

        return StreamingResponse(chunks(), media_type="text/plain")

    sample.stage.outcome = stream
    answers = [await caller.post(PATH, json={}, headers=keyed()) for _ in range(2)]
    assert [answer.text for answer in answers] == ["one two", "one two"]
    assert sample.stage.runs == 1


async def test_an_answer_does_not_open_in_the_row_of_another_request(
    caller: httpx.AsyncClient, sample: Sample, tenant: Tenant, superuser: psycopg.Connection
) -> None:
    sample.stage.outcome = show_once
    await caller.post(PATH, json={"name": "a"}, headers=keyed("order-1"))
    await caller.post(PATH, json={"name": "b"}, headers=keyed("order-2"))
    superuser.execute(
        "UPDATE idempotency_key SET answer ="
        " (SELECT answer FROM idempotency_key WHERE org_id = %s AND key = 'order-2')"
        " WHERE org_id = %s AND key = 'order-1'",
        [tenant.org_id, tenant.org_id],
    )
    answer = await caller.post(PATH, json={"name": "a"}, headers=keyed("order-1"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
