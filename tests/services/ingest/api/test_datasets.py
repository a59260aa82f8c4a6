"""Routes of datasets and their assets: whole answers, filters, pages, refusals."""

import json
from uuid import uuid4

import httpx
import pytest

from shared.clock import FrozenClock
from shared.database.session import Database
from shared.storage.memory import MemoryStore
from tests.conftest import Tenant
from tests.services.ingest.api.asking import pages_of
from tests.services.ingest.bench import Bench, finish, queue_import
from tests.services.ingest.conftest import Ground

NOBODY = uuid4()
FROZEN = (
    "The object is in the storage class GLACIER: its owner must restore it before it can be read."
)


async def test_a_dataset_is_hosted_as_the_organization_unless_it_says_otherwise(
    caller: httpx.AsyncClient,
) -> None:
    plain = (await caller.post("/v1/datasets", json={"name": "plain"})).json()
    copied = (await caller.post("/v1/datasets", json={"name": "c", "hosting": "copied"})).json()
    assert (plain["hosting"], copied["hosting"]) == ("self_hosted", "copied")
    assert (await caller.get(f"/v1/datasets/{plain['dataset_id']}")).json() == plain
    listed = (await caller.get("/v1/datasets")).json()
    assert listed == {"items": [plain, copied], "next_cursor": None}


async def test_lists_come_in_pages(caller: httpx.AsyncClient) -> None:
    names = [f"set {number}" for number in range(4)]
    for name in names:
        await caller.post("/v1/datasets", json={"name": name})
    pages = await pages_of(caller, "/v1/datasets", limit=2)
    assert [[item["name"] for item in page] for page in pages] == [names[:2], names[2:]]


@pytest.mark.parametrize("cursor", ["!", "x" * 101, "AAAA"])
async def test_a_cursor_that_no_list_gave_is_refused(
    caller: httpx.AsyncClient, cursor: str
) -> None:
    answer = await caller.get("/v1/datasets", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


async def test_a_dataset_name_is_taken_once_in_an_organization(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    first = await caller.post("/v1/datasets", json={"name": "cats"})
    again = await caller.post("/v1/datasets", json={"name": "cats"})
    elsewhere = await stranger.post("/v1/datasets", json={"name": "cats"})
    assert [first.status_code, again.status_code, elsewhere.status_code] == [201, 409, 201]
    assert again.json()["code"] == "conflict"


@pytest.mark.parametrize("name", ["", "x" * 201, "nul\0", "\ud800", "two\nlines", "tab\t"])
async def test_a_name_that_cannot_be_stored_is_refused(
    caller: httpx.AsyncClient, name: str
) -> None:
    answer = await caller.post(
        "/v1/datasets",
        content=json.dumps({"name": name}),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


async def test_assets_are_listed_narrowed_and_explained(
    caller: httpx.AsyncClient,
    ground: Ground,
    database: Database,
    tenant: Tenant,
    clock: FrozenClock,
) -> None:
    store = MemoryStore()
    store.put("photos/a b+c%.jpg", b"1234")
    store.put("photos/cold.jpg", storage_class="GLACIER")
    store.put("photos/gone.jpg")
    for gone in ("", "photos/gone.jpg"):
        if gone:
            store.remove(gone)
        job = await queue_import(database, tenant.org_id, ground, prefix="photos/")
        await finish(Bench(database, store, clock), job)

    path = f"/v1/datasets/{ground.dataset_id}/assets"
    items = (await caller.get(path)).json()["items"]
    by_key = {item["key"]: item for item in items}
    plain = by_key["photos/a b+c%.jpg"]
    assert plain == {
        "asset_id": plain["asset_id"],
        "dataset_id": str(ground.dataset_id),
        "location_id": str(ground.location_id),
        "key": "photos/a b+c%.jpg",
        "size": 4,
        "etag": "81dc9bdb52d04dc20036dbd8313ed055",
        "last_modified": "2026-01-01T00:00:00Z",
        "storage_class": "STANDARD",
        "version_id": None,
        "state": "available",
        "state_reason": None,
        "version": 1,
        "created_at": plain["created_at"],
        "updated_at": plain["updated_at"],
    }
    assert (await caller.get(f"{path}/{plain['asset_id']}")).json() == plain
    assert {key: (item["state"], item["state_reason"]) for key, item in by_key.items()} == {
        "photos/a b+c%.jpg": ("available", None),
        "photos/cold.jpg": (
            "archived",
            FROZEN,
        ),
        "photos/gone.jpg": (
            "missing",
            "The last import that looked for the object did not find it in the bucket.",
        ),
    }
    narrowed = [
        await keys(caller, path, state="missing"),
        await keys(caller, path, key_prefix="photos/a b+"),
        await keys(caller, path, location_id=str(ground.location_id), state="archived"),
    ]
    assert narrowed == [["photos/gone.jpg"], ["photos/a b+c%.jpg"], ["photos/cold.jpg"]]
    refused = await caller.get(path, params={"key_prefix": "nul\0"})
    assert (refused.status_code, refused.json()["field"]) == (422, "key_prefix")
    assert (await caller.get(f"{path}/{NOBODY}")).status_code == 404
    elsewhere = await caller.get(path, params={"location_id": str(NOBODY)})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "not-found")


async def keys(caller: httpx.AsyncClient, path: str, **narrowed: str) -> list[str]:
    return [item["key"] for item in (await caller.get(path, params=narrowed)).json()["items"]]
