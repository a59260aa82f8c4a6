"""Outcomes: what an import says when it has ended, and who is told."""

from typing import Any

import pytest
from sqlalchemy import select

from shared.database.outbox_events import OutboxEvent
from shared.errors import BucketNotFoundError
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene

TEXT_ONLY = {"extensions": ["txt"], "skip_folder_markers": True}


async def payloads(scene: Scene) -> list[tuple[str, dict[str, Any]]]:
    """Return the organization's events with what they tell, without counts that are 0."""
    query = select(OutboxEvent).order_by(OutboxEvent.event_id)
    async with scene.database.begin(scene.org_id) as session:
        events = (await session.scalars(query)).all()
    told = []
    for event in events:
        payload: dict[str, Any] = dict(event.payload)
        payload["counts"] = {name: count for name, count in payload["counts"].items() if count}
        told.append((event.type, payload))
    return told


@pytest.mark.parametrize(
    ("what", "code", "detail"),
    [
        ({"prefix": "Photos/"}, "nothing-listed", "No key begins with the prefix."),
        (
            {"prefix": "photos/", "filters": TEXT_ONLY},
            "everything-skipped",
            "None of the 28 keys matches: 25 have another extension, 3 are folder markers.",
        ),
        (
            {"prefix": "odd/"},
            "everything-rejected",
            "None of the 2 keys can be taken: see the rejected keys.",
        ),
        (
            {"source_files": ["never"]},
            "everything-rejected",
            "None of the 1 source files can be taken: see the rejected keys.",
        ),
    ],
)
async def test_an_import_that_matched_nothing_says_why(
    scene: Scene, what: dict[str, Any], code: str, detail: str
) -> None:
    fill(scene.store, 25, prefix="photos/")
    for key in ("photos/a/", "photos/b/", "photos/c/", b"odd/\xff", b"odd/\0"):
        scene.store.put(key)
    job = await scene.sync(**what)
    warning = {"code": code, "detail": detail}
    assert (job.state, job.warnings) == ("completed", [warning])
    ((_, told),) = await payloads(scene)
    assert told["warnings"] == [warning]


async def test_an_import_that_matched_something_warns_of_nothing(scene: Scene) -> None:
    fill(scene.store, 25)
    scene.store.put("a.txt", b"text")
    assert (await scene.sync(filters=TEXT_ONLY)).warnings == []
    assert (await scene.sync(source_files=["never", "000"])).warnings == []


async def test_what_an_import_did_is_told_with_its_counts(scene: Scene) -> None:
    fill(scene.store, 25)
    first = await scene.sync()
    await scene.sync()
    scene.store.remove("000")
    scene.store.put(b"\xff")
    last = await scene.sync()
    assert await payloads(scene) == [
        ("import.completed", {"counts": {"listed": 25, "added": 25}, "warnings": []}),
        ("dataset.changed", {"counts": {"listed": 25, "added": 25}}),
        ("import.completed", {"counts": {"listed": 25}, "warnings": []}),
        (
            "import.completed",
            {"counts": {"listed": 25, "missing": 1, "rejected": 1}, "warnings": []},
        ),
        ("dataset.changed", {"counts": {"listed": 25, "missing": 1, "rejected": 1}}),
    ]
    async with scene.database.begin(scene.org_id) as session:
        subjects = (
            await session.scalars(select(OutboxEvent.subject).order_by(OutboxEvent.event_id))
        ).all()
    assert [subject["import_id"] for subject in subjects[::4]] == [
        str(first.import_id),
        str(last.import_id),
    ]
    assert {(each["dataset_id"], each["location_id"]) for each in subjects} == {
        (str(scene.ground.dataset_id), str(scene.ground.location_id))
    }


async def test_a_failed_import_is_told_with_the_reason_and_what_it_did(scene: Scene) -> None:
    fill(scene.store, 25)
    scene.store.fail(BucketNotFoundError("There is no such bucket."), after_pages=12)
    await scene.sync()
    failure = {"code": "bucket-not-found", "detail": "There is no such bucket."}
    assert await payloads(scene) == [
        ("import.failed", {"counts": {"listed": 10, "added": 10}, "failure": failure})
    ]


async def test_a_decision_is_asked_for_and_then_what_it_did_is_told(scene: Scene) -> None:
    fill(scene.store, 25)
    await scene.sync()
    scene.use(SmallPages(1))
    waiting = await scene.sync(agree=False)
    why = {"code": "nothing-listed", "detail": "No key begins with the prefix."}
    asked = {"counts": {"missing": 25}, "warnings": [why]}
    assert (await payloads(scene))[2:] == [("import.awaiting_decision", asked)]
    await scene.imports.decide(scene.org_id, waiting.import_id, "apply")
    await scene.finish(scene.job_of(waiting))
    told = [kind for kind, _ in await payloads(scene)]
    assert told[3:] == ["import.completed", "dataset.changed"]
