"""Ingest's routes: whole answers, refusals, and nothing of another organization."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.ingest.ranges import RangeJob
from shared.clock import FrozenClock
from shared.database.import_jobs import Counts, add_counts, complete_import, start_import
from shared.database.import_ranges import list_import_ranges, move_cursor
from shared.database.session import Database
from shared.errors import NotFoundError, VaultUnavailableError
from shared.storage.memory import MemoryStore
from tests.conftest import Tenant
from tests.services.ingest.bench import Bench
from tests.services.ingest.conftest import BUCKET, FakeVault, Ground

NOBODY = uuid4()


def selection_of(ground: Ground, **more: object) -> dict[str, object]:
    return {"dataset_id": str(ground.dataset_id), "location_id": str(ground.location_id), **more}


async def submit(caller: httpx.AsyncClient, ground: Ground, **more: object) -> dict[str, Any]:
    answer = await caller.post("/v1/imports", json=selection_of(ground, **more))
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def complete(database: Database, tenant: Tenant, import_id: UUID, clock: FrozenClock) -> None:
    async with database.begin(tenant.org_id) as session:
        await start_import(session, import_id, clock.now())
        (only,) = await list_import_ranges(session, import_id)
        await move_cursor(session, only.range_id, after=None, last=None, done=True)
        assert await add_counts(session, import_id, Counts(listed=30, added=30))
        await complete_import(session, import_id, clock.now())


async def test_an_import_of_a_prefix_is_accepted_and_queued(
    caller: httpx.AsyncClient, ground: Ground, vault: FakeVault
) -> None:
    answer = await caller.post("/v1/imports", json=selection_of(ground))
    body = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/imports/{body['import_id']}"
    assert body == {
        "import_id": body["import_id"],
        "dataset_id": str(ground.dataset_id),
        "location_id": str(ground.location_id),
        "mode": "reference",
        "selection": {"kind": "prefix", "prefix": "photos/", "source_files": None},
        "state": "queued",
        "waiting_for": None,
        "failure": None,
        "counts": dict.fromkeys(
            (
                "listed", "added", "changed", "restored", "unchanged",
                "missing", "archived", "rejected",
            ),
            0,
        ),
        "rejected_by_code": {},
        "rate": 0.0,
        "elapsed": 0.0,
        "created_at": body["created_at"],
        "started_at": None,
        "finished_at": None,
    }  # fmt: skip
    assert (await caller.get(answer.headers["location"])).json() == body
    assert (await caller.get("/v1/imports")).json() == {"items": [body], "next_cursor": None}
    assert vault.asked == [
        (f"/internal/locations/{ground.location_id}/verdict", {"max_age": "PT15M"})
    ]


async def test_source_files_are_taken_once_and_foreign_ones_rejected(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    entries = [
        "photos/a.jpg",
        f"s3://{BUCKET}/photos/a.jpg",
        f"s3://{BUCKET}/photos//b + c.jpg",
        "photos/nul\0.jpg",
        "elsewhere/d.jpg",
        "s3://another-bucket/photos/e.jpg",
    ]
    body = await submit(caller, ground, source_files=entries)
    assert body["selection"] == {"kind": "source_files", "prefix": None, "source_files": 5}
    assert body["rejected_by_code"] == {"key-not-storable": 1, "outside-location": 2}
    assert (body["counts"]["listed"], body["counts"]["rejected"]) == (3, 3)
    rejected = (await caller.get(f"/v1/imports/{body['import_id']}/rejected-keys")).json()
    assert rejected == {
        "items": [
            {
                "key": "elsewhere/d.jpg",
                "key_bytes": "ZWxzZXdoZXJlL2QuanBn",
                "code": "outside-location",
                "reason": "The key is outside of the location's prefix.",
            },
            {
                "key": "photos/nul\0.jpg",
                "key_bytes": "cGhvdG9zL251bAAuanBn",
                "code": "key-not-storable",
                "reason": "The key holds a NUL character.",
            },
            {
                "key": "s3://another-bucket/photos/e.jpg",
                "key_bytes": "czM6Ly9hbm90aGVyLWJ1Y2tldC9waG90b3MvZS5qcGc=",
                "code": "outside-location",
                "reason": "The object is in another bucket.",
            },
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("selection", "field"),
    [
        ({"prefix": "photos/", "source_files": ["photos/a"]}, "source_files"),
        ({"prefix": "other/"}, "prefix"),
        ({"prefix": "photos/\0"}, "prefix"),
        ({"prefix": "photos/" + "k" * 1024}, "prefix"),
        ({"source_files": []}, "source_files"),
        ({"source_files": [""]}, "source_files.0"),
        ({"source_files": ["photos/a", "s3://Not A Bucket/photos/b"]}, "source_files.1"),
        ({"source_files": ["photos/" + "k" * 1024]}, "source_files.0"),
        ({"source_files": ["\ud800"]}, "source_files.0"),
        ({"source_files": ["photos/a"] * 10_001}, "source_files"),
        ({"mode": "copy"}, "mode"),
        ({"surprise": 1}, "body"),
    ],
)
async def test_a_malformed_selection_names_the_field_and_not_its_value(
    caller: httpx.AsyncClient, ground: Ground, selection: dict[str, object], field: str
) -> None:
    answer = await caller.post(
        "/v1/imports",
        content=json.dumps(selection_of(ground, **selection)),
        headers={"Content-Type": "application/json"},
    )
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field)
    assert "Not A Bucket" not in answer.text
    assert "surprise" not in answer.text


async def test_two_selections_at_once_are_refused_with_what_to_give(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    both = selection_of(ground, prefix="photos/", source_files=["photos/a"])
    answer = await caller.post("/v1/imports", json=both)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Give a prefix or source_files, not both."


async def test_an_import_from_a_location_without_valid_access_is_refused(
    caller: httpx.AsyncClient, ground: Ground, vault: FakeVault
) -> None:
    vault.valid, vault.failed_checks = False, [{"name": "list", "status": "failed"}]
    answer = await caller.post("/v1/imports", json=selection_of(ground))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "location-not-verified")
    assert problem["failed_checks"] == [{"name": "list", "status": "failed"}]
    assert (await caller.get("/v1/imports")).json()["items"] == []


async def test_an_import_waits_for_the_caller_while_the_vault_is_away(
    caller: httpx.AsyncClient, ground: Ground, vault: FakeVault
) -> None:
    vault.failure = VaultUnavailableError("The vault does not answer.")
    answer = await caller.post("/v1/imports", json=selection_of(ground))
    assert (answer.status_code, answer.json()["code"]) == (503, "vault-unavailable")
    vault.failure = NotFoundError("There is no such external location.")
    answer = await caller.post("/v1/imports", json=selection_of(ground))
    assert answer.status_code == 404


async def test_one_import_at_a_time_runs_from_a_location_into_a_dataset(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    first = await submit(caller, ground)
    refused = await caller.post("/v1/imports", json=selection_of(ground))
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["import_id"] == first["import_id"]
    await caller.post(f"/v1/imports/{first['import_id']}/cancel")
    await submit(caller, ground)


async def test_a_repeated_submission_gets_the_first_answer(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await caller.post("/v1/imports", json=selection_of(ground), headers=headers)
    again = await caller.post("/v1/imports", json=selection_of(ground), headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]


async def test_a_cancelled_import_stays_cancelled_and_a_completed_one_completed(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    cancelled = await caller.post(f"/v1/imports/{import_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = await caller.post(f"/v1/imports/{import_id}/cancel")
    assert again.json() == cancelled.json()
    import_id = (await submit(caller, ground))["import_id"]
    await complete(database, tenant, UUID(import_id), clock)
    refused = await caller.post(f"/v1/imports/{import_id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


async def test_nothing_is_found_of_another_organization(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, ground: Ground
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    dataset, location = ground.dataset_id, ground.location_id
    own = (await stranger.post("/v1/datasets", json={"name": "own"})).json()["dataset_id"]
    answers = [
        await stranger.get(f"/v1/datasets/{dataset}"),
        await stranger.get(f"/v1/datasets/{dataset}/assets"),
        await stranger.get(f"/v1/datasets/{dataset}/assets/{uuid4()}"),
        await stranger.get("/v1/imports", params={"dataset_id": str(dataset)}),
        await stranger.get(f"/v1/imports/{import_id}"),
        await stranger.get(f"/v1/imports/{import_id}/events"),
        await stranger.get(f"/v1/imports/{import_id}/rejected-keys"),
        await stranger.post(f"/v1/imports/{import_id}/cancel"),
        await stranger.post("/v1/imports", json=selection_of(ground)),
        await stranger.post("/v1/imports", json={"dataset_id": own, "location_id": str(location)}),
        await caller.post("/v1/imports", json={"dataset_id": own, "location_id": str(location)}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await caller.get(f"/v1/imports/{import_id}")).json()["state"] == "queued"


async def test_nobody_gets_in_without_a_key(caller: httpx.AsyncClient) -> None:
    for path in ("/v1/datasets", "/v1/imports", f"/v1/imports/{NOBODY}/events"):
        answer = await caller.get(path, headers={"Authorization": ""})
        assert answer.status_code == 401


async def test_the_events_of_a_finished_import_end_at_once(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    await complete(database, tenant, UUID(import_id), clock)
    body = (await caller.get(f"/v1/imports/{import_id}")).json()
    answer = await caller.get(f"/v1/imports/{import_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *_, finished, end = answer.text.split("\n\n")
    assert end == ""
    name, event_id, data = finished.split("\n")
    assert (name, event_id) == ("event: finished", "id: finished")
    assert json.loads(data.removeprefix("data: ")) == body
    assert (body["state"], body["counts"]["added"]) == ("completed", 30)
    again = await caller.get(
        f"/v1/imports/{import_id}/events", headers={"Last-Event-ID": "finished"}
    )
    assert again.status_code == 204


async def test_a_follower_sees_an_import_to_its_end(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    import_id = (await submit(caller, ground))["import_id"]
    following = asyncio.create_task(caller.get(f"/v1/imports/{import_id}/events"))
    async with database.begin(tenant.org_id) as session:
        (only,) = await list_import_ranges(session, UUID(import_id))
    store = MemoryStore()
    store.put("photos/a")
    job = RangeJob(tenant.org_id, UUID(import_id), only.range_id)
    await Bench(database, store, clock).jobs.run(job)
    events = [block.split("\n")[0] for block in (await following).text.split("\n\n")]
    assert events[0] == "retry: 1000"
    assert set(events[1:-2]) <= {"event: progress"}
    assert events[-2:] == ["event: finished", ""]
