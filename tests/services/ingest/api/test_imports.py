"""Ingest's routes: whole answers, refusals, and nothing of another organization."""

import json
from uuid import UUID, uuid4

import httpx
import pytest

from shared.clock import FrozenClock
from shared.database.session import Database
from shared.errors import NotFoundError, VaultUnavailableError
from tests.conftest import Tenant
from tests.services.ingest.api.asking import complete, pages_of, selection_of, submit
from tests.services.ingest.conftest import BUCKET, FakeVault, Ground

NOBODY = uuid4()


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
        "selection": {
            "kind": "prefix",
            "prefix": "photos/",
            "source_files": None,
            "filters": None,
        },
        "trigger": "request",
        "plan": "none",
        "max_missing_share": 0.2,
        "pin_versions": False,
        "state": "queued",
        "phase": None,
        "waiting_for": None,
        "failure": None,
        "counts": dict.fromkeys(
            (
                "listed", "skipped", "added", "changed", "moved", "restored", "unchanged",
                "missing", "archived", "probed", "unreadable", "rejected", "applied",
            ),
            0,
        ),
        "rejected_by_code": {},
        "skipped_by_reason": {},
        "warnings": [],
        "rate": 0.0,
        "elapsed": 0.0,
        "expected": None,
        "remaining": None,
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
    assert body["selection"] == {
        "kind": "source_files",
        "prefix": None,
        "source_files": 5,
        "filters": None,
    }
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


async def test_imports_and_their_rejected_keys_come_in_pages(
    caller: httpx.AsyncClient, ground: Ground
) -> None:
    long = "k" * 1024
    entries = [f"elsewhere/{number}" for number in range(3)] + [f"s3://another-bucket/{long}"]
    ids = []
    for _ in range(4):
        ids.append((await submit(caller, ground, source_files=entries))["import_id"])
        await caller.post(f"/v1/imports/{ids[-1]}/cancel")
    pages = await pages_of(caller, "/v1/imports", limit=2)
    assert [[item["import_id"] for item in page] for page in pages] == [
        [ids[3], ids[2]],
        [ids[1], ids[0]],
    ]
    for limit in (1, 2):
        pages = await pages_of(caller, f"/v1/imports/{ids[0]}/rejected-keys", limit=limit)
        keys = [[item["key"] for item in page] for page in pages]
        assert keys == [entries[start : start + limit] for start in range(0, 4, limit)]
    path = f"/v1/imports/{ids[0]}/rejected-keys"
    refused = await caller.get(path, params={"cursor": "A" * 4_001})
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")


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
    assert answer.json()["detail"] == "Give one of prefix, source_files, not several."


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
