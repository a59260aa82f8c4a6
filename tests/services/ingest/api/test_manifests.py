"""Routes of manifests: uploaded as they come by who may, looked at, deleted."""

import gzip
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared.clock import FrozenClock
from shared.database.session import Database
from tests.conftest import NOW, Tenant

PATH = "/v1/manifests"
CSV = {"Content-Type": "text/csv"}
LINES = b"key,label\nphotos/a.jpg,cat\n"


async def upload(
    caller: httpx.AsyncClient, body: bytes = LINES, content_type: str = "text/csv", **query: str
) -> dict[str, Any]:
    answer = await caller.post(
        PATH, content=body, headers={"Content-Type": content_type}, params=query
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{found['manifest_id']}"
    return found


async def count_chunks(database: Database, tenant: Tenant) -> int:
    async with database.begin(tenant.org_id) as session:
        found = await session.execute(text("SELECT count(*) FROM manifest_chunk"))
    count: int = found.scalar_one()
    return count


async def test_an_uploaded_manifest_is_described_and_found(
    caller: httpx.AsyncClient, clock: FrozenClock
) -> None:
    body = await upload(caller)
    assert body == {
        "manifest_id": body["manifest_id"],
        "format": "csv",
        "size": len(LINES),
        "sha256": hashlib.sha256(LINES).hexdigest(),
        "created_at": body["created_at"],
        "expires_at": "2026-11-28T12:00:00Z",
    }
    assert clock.now() == NOW
    answer = await caller.get(f"{PATH}/{body['manifest_id']}")
    assert (answer.status_code, answer.json()) == (200, body)


@pytest.mark.parametrize(
    ("content_type", "query", "expected"),
    [
        ("text/csv; charset=utf-8", {}, "csv"),
        ("Application/CSV", {}, "csv"),
        ("application/x-ndjson", {}, "jsonl"),
        ("application/jsonl", {}, "jsonl"),
        ("text/plain", {}, "text"),
        ("text/plain", {"format": "jsonl"}, "jsonl"),
        ("application/gzip", {"format": "csv"}, "csv"),
        ("application/octet-stream", {"format": "text"}, "text"),
        ("application/x-www-form-urlencoded", {"format": "csv"}, "csv"),
    ],
)
async def test_the_format_is_what_is_said_or_what_the_content_type_means(
    caller: httpx.AsyncClient, content_type: str, query: dict[str, str], expected: str
) -> None:
    body = await upload(caller, gzip.compress(LINES), content_type, **query)
    assert (body["format"], body["size"]) == (expected, len(gzip.compress(LINES)))


@pytest.mark.parametrize(
    ("content_type", "query", "field"),
    [
        ("", {}, "format"),
        ("application/octet-stream", {}, "format"),
        ("application/json", {}, "format"),
        ("text/csv", {"format": "xml"}, "format"),
        ("multipart/form-data; boundary=x", {"format": "csv"}, "body"),
    ],
)
async def test_a_manifest_of_no_format_is_refused_before_it_is_read(
    caller: httpx.AsyncClient, content_type: str, query: dict[str, str], field: str
) -> None:
    answer = await caller.post(
        PATH, content=unread(), headers={"Content-Type": content_type}, params=query
    )
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_an_empty_manifest_is_refused(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(PATH, headers=CSV)
    assert (answer.status_code, answer.json()["field"]) == (422, "body")


async def unread() -> AsyncIterator[bytes]:
    pytest.fail("the body is not to be read")
    yield b""


async def test_nobody_uploads_a_byte_before_they_are_let_in(
    ingest: FastAPI, caller: httpx.AsyncClient
) -> None:
    transport = httpx.ASGITransport(ingest)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as stranger:
        for headers in ({}, {"Authorization": "Bearer mrg_wrong"}):
            answer = await stranger.post(PATH, content=unread(), headers={**CSV, **headers})
            assert answer.status_code == 401
    headers = {**CSV, "Content-Length": str(1024**3 + 1)}
    answer = await caller.post(PATH, content=unread(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "request-too-large")


async def test_a_body_larger_than_other_requests_have_comes_through(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(1024 * 1024)

    answer = await caller.post(PATH, content=chunks(), headers=CSV)
    assert (answer.status_code, answer.json()["size"]) == (201, 20 * 1024 * 1024)
    assert await count_chunks(database, tenant) == 20


async def test_an_upload_takes_no_idempotency_key(caller: httpx.AsyncClient) -> None:
    headers = {**CSV, "Idempotency-Key": "once"}
    answer = await caller.post(PATH, content=LINES, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


async def test_a_deleted_manifest_is_gone(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = f"{PATH}/{(await upload(caller))['manifest_id']}"
    answer = await caller.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await caller.get(path)).status_code == 404
    assert (await caller.delete(path)).status_code == 404
    assert await count_chunks(database, tenant) == 0


async def test_a_manifest_of_another_organization_is_not_found(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    path = f"{PATH}/{(await upload(caller))['manifest_id']}"
    for answer in (await stranger.get(path), await stranger.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await caller.get(path)).status_code == 200


async def test_an_upload_is_described_with_its_body_and_without_a_key(ingest: FastAPI) -> None:
    operation = ingest.openapi()["paths"][PATH]["post"]
    assert [each["name"] for each in operation["parameters"]] == ["format"]
    assert operation["requestBody"]["content"].keys() == {"application/octet-stream"}
    assert {"201", "401", "403", "413", "422", "503"} == set(operation["responses"])
