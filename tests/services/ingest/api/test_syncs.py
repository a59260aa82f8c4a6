"""Routes of syncs: what an import by prefix is remembered for, asked for again, or scheduled."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.services.ingest.api.asking import submit
from tests.services.ingest.conftest import FakeVault
from tests.services.ingest.scenes import Scene


def path_of(scene: Scene, verb: str) -> str:
    return f"/v1/datasets/{scene.ground.dataset_id}/{verb}"


async def imported(caller: httpx.AsyncClient, scene: Scene, **what: Any) -> dict[str, Any]:
    """Begin an import, and cancel it: it is remembered all the same."""
    body = await submit(caller, scene.ground, **what)
    await caller.post(f"/v1/imports/{body['import_id']}/cancel")
    return body


async def test_a_sync_imports_again_what_was_imported_by_prefix(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    filters = {"extensions": ["jpg"]}
    await imported(caller, scene, prefix="a/", filters=filters)
    await imported(caller, scene, prefix="b/", pin_versions=True)
    await imported(caller, scene, prefix="dry/", dry_run=True)
    await imported(caller, scene, source_files=["c/1"])
    answer = await caller.post(path_of(scene, "sync"), json={"max_missing_share": 0.5})
    assert answer.status_code == 202
    begun = answer.json()["imports"]
    assert begun == [
        (await caller.get(f"/v1/imports/{each['import_id']}")).json() for each in begun
    ]
    assert [
        (each["selection"]["prefix"], each["plan"], each["trigger"], each["pin_versions"])
        for each in begun
    ] == [("a/", "apply", "request", False), ("b/", "apply", "request", True)]
    assert begun[0]["selection"]["filters"]["extensions"] == ["jpg"]
    assert begun[1]["selection"]["filters"] is None
    assert {each["max_missing_share"] for each in begun} == {0.5}


async def test_a_sync_that_is_a_dry_run_says_so(caller: httpx.AsyncClient, scene: Scene) -> None:
    await imported(caller, scene)
    begun = (await caller.post(path_of(scene, "sync"), json={"dry_run": True})).json()["imports"]
    assert [(each["plan"], each["state"]) for each in begun] == [("dry_run", "queued")]


async def test_a_sync_is_refused_with_the_reason(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, scene: Scene, vault: FakeVault
) -> None:
    path = path_of(scene, "sync")
    nothing = await caller.post(path, json={})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "conflict")
    active = await submit(caller, scene.ground)
    busy = await caller.post(path, json={})
    assert (busy.status_code, busy.json()["import_id"]) == (409, active["import_id"])
    await caller.post(f"/v1/imports/{active['import_id']}/cancel")
    vault.valid, vault.failed_checks = False, [{"name": "list", "status": "failed"}]
    refused = await caller.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "location-not-verified")
    assert refused.json()["failed_checks"] == [{"name": "list", "status": "failed"}]
    missing = [
        await stranger.post(path, json={}),
        await caller.post(f"/v1/datasets/{uuid4()}/sync", json={}),
        await caller.post(path, json={"location_id": str(uuid4())}),
    ]
    assert [answer.status_code for answer in missing] == [404] * 3


async def test_a_schedule_is_set_and_taken_away(caller: httpx.AsyncClient, scene: Scene) -> None:
    dataset = (await caller.get(path_of(scene, "").removesuffix("/"))).json()
    assert (dataset["sync_every"], dataset["next_sync_at"]) == (None, None)
    answer = await caller.put(
        path_of(scene, "schedule"), json={"sync_every": 3600, "sync_max_missing_share": 0.01}
    )
    assert answer.status_code == 200
    assert answer.json() == dataset | {
        "sync_every": 3600.0,
        "sync_max_missing_share": 0.01,
        "next_sync_at": "2026-11-21T13:00:00Z",
    }
    assert (await caller.get(path_of(scene, "").removesuffix("/"))).json() == answer.json()
    answer = await caller.put(path_of(scene, "schedule"), json={"sync_every": None})
    assert answer.json() == dataset


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "sync_every"),
        ({"sync_every": 299}, "sync_every"),
        ({"sync_every": 31_536_001}, "sync_every"),
        ({"sync_every": 3600, "sync_max_missing_share": 1.1}, "sync_max_missing_share"),
    ],
)
async def test_a_schedule_that_cannot_be_kept_is_refused(
    caller: httpx.AsyncClient, scene: Scene, body: dict[str, Any], field: str
) -> None:
    answer = await caller.put(path_of(scene, "schedule"), json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_nobody_schedules_the_syncs_of_another_organization(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, scene: Scene
) -> None:
    answer = await stranger.put(path_of(scene, "schedule"), json={"sync_every": 3600})
    assert answer.status_code == 404
    dataset = (await caller.get(path_of(scene, "").removesuffix("/"))).json()
    assert dataset["sync_every"] is None
