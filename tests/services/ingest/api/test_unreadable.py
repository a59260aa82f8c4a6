"""Unreadable objects in the answers: as counts, as a warning, and in the list of changes."""

import httpx

from shared.errors import StorageDeniedError
from tests.services.ingest.api.asking import pages_of
from tests.services.ingest.paged_stores import SmallPages
from tests.services.ingest.scenes import Scene


class ClosedStore(SmallPages):
    """A store whose secret objects cannot be read."""

    async def read_range(self, key: str, start: int, length: int) -> bytes:
        if "secret" in key:
            raise StorageDeniedError("no")
        return await super().read_range(key, start, length)


async def test_a_dry_run_shows_which_of_the_objects_that_were_tried_cannot_be_read(
    scene: Scene, caller: httpx.AsyncClient
) -> None:
    store = ClosedStore(1_000)
    for key in ("a", "secret/1", "secret/2"):
        store.put(key, b"body", last_modified=scene.clock.now())
    scene.use(store)
    dry = await scene.sync(plan="dry_run")
    path = f"/v1/imports/{dry.import_id}"
    shown = (await caller.get(path)).json()
    assert shown["counts"] == {
        "listed": 3,
        "skipped": 0,
        "added": 3,
        "changed": 0,
        "moved": 0,
        "restored": 0,
        "unchanged": 0,
        "missing": 0,
        "archived": 0,
        "probed": 3,
        "unreadable": 2,
        "rejected": 0,
        "applied": 0,
    }
    assert shown["warnings"] == [
        {
            "code": "objects-unreadable",
            "detail": "2 of 3 objects that were tried cannot be read: storage-denied (2)."
            " The changes say which.",
        }
    ]
    (page,) = await pages_of(caller, f"{path}/changes", unreadable="true", limit=2)
    assert page[0] == {
        "kind": "added",
        "key": "secret/1",
        "previous_key": None,
        "asset_id": None,
        "size": 4,
        "etag": page[0]["etag"],
        "last_modified": scene.clock.now().isoformat().replace("+00:00", "Z"),
        "storage_class": "STANDARD",
        "version_id": None,
        "state": "available",
        "unreadable": {
            "code": "storage-denied",
            "detail": "The object is listed, but its KMS key, its owner or a policy denies"
            " reading it.",
        },
    }
    assert page[1]["key"] == "secret/2"
    (others,) = await pages_of(caller, f"{path}/changes", unreadable="false")
    assert [(each["key"], each["unreadable"]) for each in others] == [("a", None)]
