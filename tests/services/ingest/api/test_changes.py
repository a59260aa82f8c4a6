"""Routes of changes and versions: what an import would do, and what assets were before."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import NOW
from tests.hard_keys import HARD_KEYS
from tests.services.ingest.api.asking import pages_of
from tests.services.ingest.scenes import Scene, big

EARLIER = NOW - timedelta(days=1)
ETAG = "5ebe2294ecd0e0f08eab7690d2a6ee69"  # of "secret"


@pytest.fixture
async def planned(scene: Scene) -> str:
    """A dry run that finds something of every kind."""
    put = scene.store.put
    for name in ("back", "changed", "gone", "moved/from", "stays"):
        put(name, big(name), last_modified=EARLIER)
    await scene.sync()
    scene.store.remove("back")
    await scene.sync()
    put("back", big("back"), last_modified=EARLIER)
    put("changed", b"secret", last_modified=NOW, storage_class="GLACIER")
    put("moved/to", big("moved/from"), last_modified=NOW)
    put("new", b"secret", last_modified=NOW)
    for gone in ("gone", "moved/from"):
        scene.store.remove(gone)
    return str((await scene.sync(plan="dry_run")).import_id)


async def test_each_change_is_listed_with_what_the_asset_becomes(
    caller: httpx.AsyncClient, scene: Scene, planned: str
) -> None:
    assets = await scene.assets()
    body = (await caller.get(f"/v1/imports/{planned}/changes")).json()
    assert body["next_cursor"] is None

    def change(kind: str, key: str, was: str | None, state: str, **more: Any) -> dict[str, Any]:
        asset = None if was is None else assets[was]
        known: dict[str, Any] = {
            "size": 2000,
            "etag": None if asset is None else asset.etag,
            "last_modified": "2026-11-20T12:00:00Z",
            "storage_class": "STANDARD",
        }
        return {
            "kind": kind,
            "key": key,
            "previous_key": was if was != key else None,
            "asset_id": None if asset is None else str(asset.asset_id),
            **known,
            "version_id": None,
            "state": state,
            "unreadable": None,
            **more,
        }

    secret = {"size": 6, "etag": ETAG, "last_modified": "2026-11-21T12:00:00Z"}
    assert body["items"] == [
        change("restored", "back", "back", "available"),
        change("changed", "changed", "changed", "archived", **secret, storage_class="GLACIER"),
        change("missing", "gone", "gone", "missing"),
        change(
            "moved",
            "moved/to",
            "moved/from",
            "available",
            last_modified="2026-11-21T12:00:00Z",
        ),
        change("added", "new", None, "available", **secret),
    ]


@pytest.mark.parametrize(
    ("narrowed", "keys"),
    [
        ({}, ["back", "changed", "gone", "moved/to", "new"]),
        ({"kind": "missing"}, ["gone"]),
        ({"kind": "moved"}, ["moved/to"]),
        ({"state": "archived"}, ["changed"]),
        ({"state": "available"}, ["back", "moved/to", "new"]),
        ({"kind": "added", "state": "missing"}, []),
    ],
)
async def test_changes_are_narrowed_by_kind_and_state_and_come_in_pages(
    caller: httpx.AsyncClient, planned: str, narrowed: dict[str, str], keys: list[str]
) -> None:
    path = f"/v1/imports/{planned}/changes"
    for limit in (1, 2, 100):
        pages = await pages_of(caller, path, limit=limit, **narrowed)
        assert [item["key"] for page in pages for item in page] == keys
        assert all(len(page) <= limit for page in pages)


async def test_pages_of_changes_join_at_every_hard_key(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    for key in HARD_KEYS:
        scene.store.put(key)
    job = await scene.sync(plan="dry_run")
    pages = await pages_of(caller, f"/v1/imports/{job.import_id}/changes", limit=1)
    assert [page[0]["key"] for page in pages] == sorted(HARD_KEYS)


@pytest.mark.parametrize(
    ("query", "field"),
    [({"kind": "vanished"}, "kind"), ({"state": "gone"}, "state"), ({"cursor": "!"}, "cursor")],
)
async def test_what_no_change_can_be_is_refused(
    caller: httpx.AsyncClient, planned: str, query: dict[str, str], field: str
) -> None:
    answer = await caller.get(f"/v1/imports/{planned}/changes", params=query)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_an_import_without_a_plan_lists_no_changes(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    scene.store.put("a")
    job = await scene.sync()
    body = (await caller.get(f"/v1/imports/{job.import_id}/changes")).json()
    assert body == {"items": [], "next_cursor": None}


async def test_the_earlier_versions_of_an_asset_are_listed_newest_first(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    for name in ("a", "b", "c", "d"):
        scene.store.put(name, big(name), last_modified=EARLIER)
    await scene.sync()
    asset = (await scene.assets())["a"]
    scene.store.put("a", b"secret", last_modified=NOW)
    second = await scene.sync()
    scene.store.remove("a")
    scene.store.put("deep/a", b"secret", last_modified=NOW)
    third = await scene.sync()
    path = f"/v1/datasets/{scene.ground.dataset_id}/assets/{asset.asset_id}"
    assert (await caller.get(path)).json()["version"] == 3
    pages = await pages_of(caller, f"{path}/versions", limit=1)
    versions = [item for page in pages for item in page]
    assert versions == [
        {
            "version": 2,
            "import_id": str(third.import_id),
            "key": "a",
            "size": 6,
            "etag": ETAG,
            "last_modified": "2026-11-21T12:00:00Z",
            "version_id": None,
            "replaced_at": versions[0]["replaced_at"],
        },
        {
            "version": 1,
            "import_id": str(second.import_id),
            "key": "a",
            "size": 2000,
            "etag": asset.etag,
            "last_modified": "2026-11-20T12:00:00Z",
            "version_id": None,
            "replaced_at": versions[1]["replaced_at"],
        },
    ]


async def test_an_asset_that_never_changed_has_no_earlier_versions(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, scene: Scene
) -> None:
    scene.store.put("a")
    await scene.sync()
    (asset,) = (await scene.assets()).values()
    path = f"/v1/datasets/{scene.ground.dataset_id}/assets/{asset.asset_id}/versions"
    assert (await caller.get(path)).json() == {"items": [], "next_cursor": None}
    assert (await stranger.get(path)).status_code == 404
    elsewhere = f"/v1/datasets/{scene.ground.dataset_id}/assets/{scene.org_id}/versions"
    assert (await caller.get(elsewhere)).status_code == 404
