"""Dry runs: what an import would do is listed, and nothing of it is done."""

from datetime import timedelta

import pytest

from shared.database.import_jobs import ImportJob
from tests.conftest import NOW
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene, big, counts_in, differences_in

EARLIER = NOW - timedelta(days=1)
ALL = ("listed", "added", "changed", "moved", "restored", "unchanged", "missing", "archived")


async def prepare(scene: Scene) -> None:
    """Import a bucket, and change it in every way that there is."""
    for name in ("changed", "cold", "gone", "moved/from", "stays", "touched"):
        scene.store.put(name, big(name), last_modified=EARLIER)
    scene.store.put("back", big("back"), last_modified=EARLIER)
    await scene.sync()
    scene.store.remove("back")
    await scene.sync()
    scene.store.put("back", big("back"), last_modified=EARLIER)
    scene.store.put("changed", big("another"), last_modified=NOW)
    scene.store.put("cold", big("cold"), storage_class="GLACIER", last_modified=EARLIER)
    scene.store.put("touched", big("touched"), last_modified=NOW)
    scene.store.put("fresh", big("fresh"), last_modified=NOW)
    scene.store.put("moved/to", big("moved/from"), last_modified=NOW)
    for gone in ("gone", "moved/from"):
        scene.store.remove(gone)


DIFFERENCES = [
    ("restored", "back", None),
    ("changed", "changed", None),
    ("changed", "cold", None),
    ("added", "fresh", None),
    ("missing", "gone", None),
    ("moved", "moved/to", "moved/from"),
    ("changed", "touched", None),
]


async def test_a_dry_run_lists_what_would_change_and_changes_nothing(scene: Scene) -> None:
    await prepare(scene)
    writers, history, events = (
        await scene.writers(),
        await scene.history(),
        await scene.events(),
    )
    dry = await scene.sync(plan="dry_run")
    assert (dry.state, dry.plan, dry.applied, dry.phase) == ("completed", "dry_run", 0, None)
    assert await scene.changes(dry) == DIFFERENCES
    assert counts_in(dry, *ALL) == {
        "listed": 7,
        "added": 1,
        "changed": 3,
        "moved": 1,
        "restored": 1,
        "unchanged": 1,
        "missing": 1,
        "archived": 1,
    }
    assert (await scene.writers(), await scene.history()) == (writers, history)
    assert await scene.events() == [*events, "import.completed"]


async def test_an_import_does_what_its_dry_run_has_shown(scene: Scene) -> None:
    await prepare(scene)
    dry = await scene.sync(plan="dry_run")
    done = await scene.sync()
    assert counts_in(done, *ALL) == counts_in(dry, *ALL)
    shown, made = [
        [
            (row.kind, row.key, row.previous_key, row.asset_id, row.etag, row.size, row.state)
            for row in await scene.change_rows(job)
        ]
        for job in (dry, done)
    ]
    assert (shown, done.applied) == (made, len(DIFFERENCES))
    assets = await scene.assets()
    assert {key: (assets[key].etag, assets[key].state) for _, key, *_ in DIFFERENCES} == {
        key: (etag, state) for _, key, _, _, etag, _, state in made
    }


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (None, [key for _, key, _ in DIFFERENCES]),
        ("changed", ["changed", "cold", "touched"]),
        ("moved", ["moved/to"]),
    ],
)
async def test_changes_are_listed_by_kind_and_in_pages(
    scene: Scene, kind: str | None, keys: list[str]
) -> None:
    await prepare(scene)
    dry = await scene.sync(plan="dry_run")
    listed: list[str] = []
    after: str | None = None
    while True:
        rows = await scene.imports.list_changes(
            scene.org_id, dry.import_id, kind=kind, state=None, after=after, limit=2
        )
        listed += [row.key for row in rows]
        if len(rows) < 2:
            break
        after = rows[-1].key
    assert listed == keys


async def test_a_dry_run_of_a_first_import_shows_every_object_as_added(scene: Scene) -> None:
    fill(scene.store, 25)
    dry = await scene.sync(plan="dry_run")
    assert (dry.state, differences_in(dry), dry.listed) == ("completed", {"added": 25}, 25)
    assert await scene.changes(dry) == [("added", f"{number:03}", None) for number in range(25)]
    assert await scene.assets() == {}
    first = await scene.sync()
    assert (first.plan, first.added) == ("none", 25)


async def test_a_dry_run_asks_nothing_however_much_would_go_missing(scene: Scene) -> None:
    fill(scene.store, 25)
    await scene.sync()
    scene.use(SmallPages(1))
    dry = await scene.sync(plan="dry_run", agree=False)
    assert (dry.state, differences_in(dry)) == ("completed", {"missing": 25})
    assert set((await scene.states()).values()) == {"available"}


async def test_a_dry_run_of_source_files_writes_no_asset(scene: Scene) -> None:
    scene.store.put("a", big("a"))
    scene.store.put("b", big("b"))
    await scene.sync(source_files=["a", "b"])
    scene.store.remove("a")
    scene.store.put("b", big("another"), last_modified=NOW)
    scene.store.put("c", big("c"))
    writers = await scene.writers()
    dry: ImportJob = await scene.sync(plan="dry_run", source_files=["a", "b", "c"])
    assert (dry.state, differences_in(dry)) == (
        "completed",
        {"added": 1, "changed": 1, "missing": 1},
    )
    assert await scene.changes(dry) == [
        ("missing", "a", None),
        ("changed", "b", None),
        ("added", "c", None),
    ]
    assert await scene.writers() == writers
