"""Routes of webhooks: whole answers, secrets shown once, refusals, deliveries."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, update

from services.ingest.main import create_app
from services.ingest.settings import Settings
from services.ingest.webhook_secrets import WebhookSecrets
from services.ingest.webhooks import MOST_WEBHOOKS
from shared.clock import FrozenClock
from shared.database.outbox import EventType, add_event
from shared.database.session import Database
from shared.database.webhook_deliveries import WebhookDelivery
from shared.database.webhooks import Webhook
from tests.conftest import NOW, SERVICE_KEY, WEBHOOK_KEY, Tenant
from tests.services.ingest.api.asking import narrowed, pages_of
from tests.services.ingest.conftest import client_of

URL = "https://hooks.example.com/mooring?to=a"
AT = "2026-11-21T12:00:00Z"
NOBODY = uuid4()


async def add(caller: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    answer = await caller.post("/v1/webhooks", json={"url": URL, **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def add_path(caller: httpx.AsyncClient) -> str:
    return f"/v1/webhooks/{(await add(caller))['webhook']['webhook_id']}"


async def tell(database: Database, tenant: Tenant) -> UUID:
    async with database.begin(tenant.org_id) as session:
        return await add_event(
            session,
            org_id=tenant.org_id,
            type=EventType.DATASET_CHANGED,
            subject={"dataset_id": UUID(int=1)},
            payload={},
        )


@pytest.fixture
async def unconfigured(
    database_url: SecretStr, clock: FrozenClock, tenant: Tenant
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an ingest without a key for webhooks."""
    settings = Settings(database_url=database_url, service_key=SERVICE_KEY)
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app), client_of(app, tenant) as client:
        yield client


async def test_a_webhook_is_shown_with_its_secret_once(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    added = await add(caller, description="Tests", event_types=["import.failed"])
    webhook = added["webhook"]
    assert webhook == {
        "webhook_id": webhook["webhook_id"],
        "url": URL,
        "description": "Tests",
        "event_types": ["import.failed"],
        "state": "enabled",
        "disabled_because": None,
        "rotated_at": None,
        "created_at": webhook["created_at"],
    }
    async with database.begin(tenant.org_id) as session:
        row = await session.get(Webhook, (tenant.org_id, UUID(webhook["webhook_id"])))
    assert row is not None
    assert added["secret"] == WebhookSecrets(WEBHOOK_KEY).of(row).get_secret_value()
    shown = await caller.get(f"/v1/webhooks/{webhook['webhook_id']}")
    assert shown.json() == webhook
    listed = await caller.get("/v1/webhooks")
    assert listed.json() == {"items": [webhook], "next_cursor": None}


async def test_webhooks_are_listed_in_pages_oldest_first(caller: httpx.AsyncClient) -> None:
    names = [f"hook {number}" for number in range(3)]
    for name in names:
        await add(caller, description=name)
    pages = await pages_of(caller, "/v1/webhooks", limit=2)
    assert [[item["description"] for item in page] for page in pages] == [names[:2], names[2:]]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://user@hooks.example.com/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://hooks.example.com/#a",
        "hooks.example.com",
        "",
    ],
)
async def test_a_url_that_may_not_be_called_is_refused(caller: httpx.AsyncClient, url: str) -> None:
    path = await add_path(caller)
    refused = [
        await caller.post("/v1/webhooks", json={"url": url}),
        await caller.patch(path, json={"url": url}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (422, "endpoint-not-allowed")
    ] * 2
    assert [each.json()["field"] for each in refused] == ["url"] * 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://hooks.example.com/" + "a" * 2_000),
        ("description", "two\nlines"),
        ("description", "x" * 201),
        ("event_types.0", ["webhook.test"]),
        ("event_types.0", ["import.started"]),
    ],
)
async def test_what_a_webhook_cannot_be_is_refused(
    caller: httpx.AsyncClient, field: str, value: object
) -> None:
    name = field.partition(".")[0]
    answer = await caller.post("/v1/webhooks", json={"url": URL, name: value})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_an_organization_has_a_bounded_number_of_webhooks(caller: httpx.AsyncClient) -> None:
    for _ in range(MOST_WEBHOOKS):
        await add(caller)
    answer = await caller.post("/v1/webhooks", json={"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_only_what_is_given_is_changed(caller: httpx.AsyncClient) -> None:
    before = (await add(caller, description="Tests", event_types=["import.failed"]))["webhook"]
    path = f"/v1/webhooks/{before['webhook_id']}"
    assert (await caller.patch(path, json={})).json() == before
    changed = await caller.patch(path, json={"event_types": [], "url": f"{URL}b"})
    assert changed.json() == before | {"event_types": [], "url": f"{URL}b"}
    described = await caller.patch(path, json={"description": ""})
    assert described.json() == changed.json() | {"description": ""}


async def test_disabling_a_webhook_ends_what_is_pending_and_enabling_sends_what_is_new(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    await tell(database, tenant)
    disabled = (await caller.patch(path, json={"state": "disabled"})).json()
    assert (disabled["state"], disabled["disabled_because"]) == ("disabled", "asked")
    await tell(database, tenant)
    enabled = (await caller.patch(path, json={"state": "enabled"})).json()
    assert (enabled["state"], enabled["disabled_because"]) == ("enabled", None)
    await tell(database, tenant)
    assert await states(caller, path) == ["pending", "failed"]


async def test_a_deleted_webhook_is_gone_with_its_deliveries(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    await tell(database, tenant)
    assert (await caller.delete(path)).status_code == 204
    answers = [await caller.delete(path), await caller.get(path)]
    assert [each.status_code for each in answers] == [404, 404]
    async with database.begin(tenant.org_id) as session:
        assert (await session.scalars(select(WebhookDelivery))).all() == []


async def test_a_rotated_secret_is_new_and_shown_once(
    caller: httpx.AsyncClient,
) -> None:
    added = await add(caller)
    path = f"/v1/webhooks/{added['webhook']['webhook_id']}"
    rotated = await caller.post(f"{path}/rotate-secret")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != added["secret"]
    assert rotated.json()["webhook"] == added["webhook"] | {"rotated_at": AT}
    assert (await caller.get(path)).json() == rotated.json()["webhook"]


async def test_a_test_is_sent_whatever_types_are_wanted(
    caller: httpx.AsyncClient,
) -> None:
    webhook = (await add(caller, event_types=["import.failed"]))["webhook"]
    path = f"/v1/webhooks/{webhook['webhook_id']}"
    answer = await caller.post(f"{path}/test")
    delivery = answer.json()
    assert answer.status_code == 202
    assert delivery == {
        "event_id": delivery["event_id"],
        "event_type": "webhook.test",
        "occurred_at": delivery["occurred_at"],
        "state": "pending",
        "attempts": 0,
        "latest_attempts": [],
        "next_attempt_at": delivery["occurred_at"],
    }
    listed = await caller.get(f"{path}/deliveries")
    assert listed.json() == {"items": [delivery], "next_cursor": None}


async def test_deliveries_are_listed_in_pages_newest_first(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    events = [str(await tell(database, tenant)) for _ in range(3)]
    pages = await pages_of(caller, f"{path}/deliveries", limit=2)
    newest = events[::-1]
    assert [[item["event_id"] for item in page] for page in pages] == [newest[:2], newest[2:]]


async def test_a_replay_starts_the_schedule_anew_and_keeps_the_attempts(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    event_id = await tell(database, tenant)
    attempt = {"attempted_at": NOW.isoformat(), "status": 500, "code": None}
    async with database.begin(tenant.org_id) as session:
        await session.execute(
            update(WebhookDelivery).values(
                state="failed",
                tries=10,
                attempts=10,
                latest_attempts=[attempt],
                next_attempt_at=None,
            )
        )
    answer = await caller.post(f"{path}/deliveries/{event_id}/replay")
    replayed = answer.json()
    assert answer.status_code == 202
    assert replayed == {
        "event_id": str(event_id),
        "event_type": "dataset.changed",
        "occurred_at": replayed["occurred_at"],
        "state": "pending",
        "attempts": 10,
        "latest_attempts": [{"attempted_at": AT, "status": 500, "code": None}],
        "next_attempt_at": replayed["next_attempt_at"],
    }
    assert replayed["next_attempt_at"] is not None
    async with database.begin(tenant.org_id) as session:
        [row] = (await session.scalars(select(WebhookDelivery))).all()
    assert row.tries == 0


async def test_a_disabled_webhook_takes_neither_tests_nor_replays(
    caller: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    event_id = await tell(database, tenant)
    await caller.patch(path, json={"state": "disabled"})
    answers = [
        await caller.post(f"{path}/test"),
        await caller.post(f"{path}/deliveries/{event_id}/replay"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (409, "conflict"),
        (409, "conflict"),
    ]


async def test_what_belongs_to_another_organization_does_not_exist(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    path = await add_path(caller)
    event_id = await tell(database, tenant)
    own = await add_path(stranger)
    answers = [
        await stranger.get(path),
        await stranger.patch(path, json={"state": "disabled"}),
        await stranger.delete(path),
        await stranger.post(f"{path}/rotate-secret"),
        await stranger.post(f"{path}/test"),
        await stranger.get(f"{path}/deliveries"),
        await stranger.post(f"{path}/deliveries/{event_id}/replay"),
        await stranger.post(f"{own}/deliveries/{event_id}/replay"),
        await caller.post(f"{path}/deliveries/{NOBODY}/replay"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (404, "not-found")
    ] * len(answers)
    assert await states(caller, path) == ["pending"]
    assert await states(stranger, own) == []


async def test_without_a_key_there_are_no_webhooks(
    unconfigured: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    path = await add_path(caller)
    answers = [
        await unconfigured.get("/v1/webhooks"),
        await unconfigured.post("/v1/webhooks", json={"url": URL}),
        await unconfigured.get(path),
        await unconfigured.post(f"{path}/test"),
        await unconfigured.get(f"{path}/deliveries"),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (501, "webhooks-not-configured")
    ] * len(answers)
    unknown = await unconfigured.get("/v1/webhooks", headers={"Authorization": "Bearer x"})
    assert unknown.status_code == 401


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["webhooks:read"], [200, 403]),
        (["webhooks:write"], [403, 201]),
        (["datasets:read", "datasets:write"], [403, 403]),
    ],
)
async def test_webhooks_have_scopes_of_their_own(
    ingest: FastAPI, database: Database, tenant: Tenant, scopes: list[str], allowed: list[int]
) -> None:
    async with client_of(ingest, await narrowed(database, tenant, scopes)) as client:
        answers = [
            await client.get("/v1/webhooks"),
            await client.post("/v1/webhooks", json={"url": URL}),
        ]
    assert [each.status_code for each in answers] == allowed


async def states(caller: httpx.AsyncClient, path: str) -> list[str]:
    listed = await caller.get(f"{path}/deliveries")
    return [each["state"] for each in listed.json()["items"]]
