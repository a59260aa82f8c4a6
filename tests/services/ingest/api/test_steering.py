"""Routes that steer imports: pause, resume, cancel, retry, decide; and what is refused."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.errors import BucketNotFoundError
from tests.services.ingest.api.asking import selection_of, submit
from tests.services.ingest.paged_stores import SmallPages, fill
from tests.services.ingest.scenes import Scene

NOBODY = uuid4()


async def ask(caller: httpx.AsyncClient, import_id: object, verb: str, **body: str) -> Any:
    answer = await caller.post(f"/v1/imports/{import_id}/{verb}", json=body or None)
    assert answer.status_code == 200, answer.text
    assert answer.json() == (await caller.get(f"/v1/imports/{import_id}")).json()
    return answer.json()


async def refuse(caller: httpx.AsyncClient, import_id: object, verb: str, **body: str) -> str:
    answer = await caller.post(f"/v1/imports/{import_id}/{verb}", json=body or None)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "conflict")
    detail: str = problem["detail"]
    return detail


async def test_an_import_is_paused_resumed_and_cancelled(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    body = await submit(caller, scene.ground)
    import_id = body["import_id"]
    for verb, state in [
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "queued"),
        ("resume", "queued"),
        ("pause", "paused"),
    ]:
        assert await ask(caller, import_id, verb) == body | {"state": state}
    cancelled = await ask(caller, import_id, "cancel")
    finished_at = cancelled["finished_at"]
    assert finished_at is not None
    assert cancelled == body | {"state": "cancelled", "finished_at": finished_at}


async def test_a_failed_import_is_tried_again(caller: httpx.AsyncClient, scene: Scene) -> None:
    fill(scene.store, 25)
    scene.store.fail(BucketNotFoundError("There is no such bucket."), after_pages=12)
    failed = await scene.sync()
    scene.store.recover()
    shown = (await caller.get(f"/v1/imports/{failed.import_id}")).json()
    assert (shown["state"], shown["phase"]) == ("failed", "scanning")
    assert shown["failure"] == {
        "code": "bucket-not-found",
        "detail": "There is no such bucket.",
    }
    again = await ask(caller, failed.import_id, "retry")
    assert again == shown | {
        "state": "running",
        "failure": None,
        "finished_at": None,
        "remaining": again["remaining"],
    }
    done = await scene.finish(scene.job_of(failed))
    assert (done.state, done.added) == ("completed", 25)


async def test_a_plan_that_waits_is_applied_or_discarded(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    fill(scene.store, 25)
    await scene.sync()
    scene.use(SmallPages(1))
    for decision, state in [("discard", "discarded"), ("apply", "running")]:
        waiting = await scene.sync(agree=False)
        shown = (await caller.get(f"/v1/imports/{waiting.import_id}")).json()
        assert (shown["state"], shown["phase"], shown["plan"]) == (
            "awaiting_decision",
            "planning",
            "apply",
        )
        decided = await ask(caller, waiting.import_id, "decision", decision=decision)
        assert decided["state"] == state
        await refuse(caller, waiting.import_id, "decision", decision=decision)
    done = await scene.finish(scene.job_of(waiting))
    assert (done.state, done.applied) == ("completed", 25)


@pytest.mark.parametrize("body", [{}, {"decision": "maybe"}, {"decision": "apply", "by": "me"}])
async def test_a_decision_is_one_of_two(
    caller: httpx.AsyncClient, scene: Scene, body: dict[str, str]
) -> None:
    import_id = (await submit(caller, scene.ground))["import_id"]
    answer = await caller.post(f"/v1/imports/{import_id}/decision", json=body)
    assert answer.status_code == 422


async def test_what_an_import_cannot_do_is_refused_with_the_reason(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    queued = (await submit(caller, scene.ground))["import_id"]
    assert await refuse(caller, queued, "retry") == (
        "Only a failed import is tried again, not a queued one."
    )
    assert await refuse(caller, queued, "decision", decision="apply") == (
        "The import does not wait for a decision: it is queued."
    )
    await ask(caller, queued, "cancel")
    for verb in ("pause", "resume"):
        assert await refuse(caller, queued, verb) == (
            "This cannot be done with an import that is cancelled."
        )


async def test_a_dry_run_and_its_bounds_are_shown_as_they_were_asked_for(
    caller: httpx.AsyncClient, scene: Scene
) -> None:
    asked = {
        "dry_run": True,
        "max_missing_share": 0.05,
        "pin_versions": True,
        "filters": {"extensions": ["JPG"], "min_size": 1},
    }
    body = await submit(caller, scene.ground, **asked)
    assert (body["plan"], body["max_missing_share"], body["pin_versions"]) == (
        "dry_run",
        0.05,
        True,
    )
    filters = body["selection"]["filters"]
    assert (filters["extensions"], filters["min_size"]) == (["jpg"], 1)


@pytest.mark.parametrize("share", [-0.01, 1.01, "all"])
async def test_a_share_lies_between_nothing_and_all(
    caller: httpx.AsyncClient, scene: Scene, share: object
) -> None:
    answer = await caller.post(
        "/v1/imports", json=selection_of(scene.ground, max_missing_share=share)
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "max_missing_share")


async def test_nobody_steers_the_imports_of_another_organization(
    caller: httpx.AsyncClient, stranger: httpx.AsyncClient, scene: Scene
) -> None:
    import_id = (await submit(caller, scene.ground))["import_id"]
    path = f"/v1/imports/{import_id}"
    verbs = ("pause", "resume", "retry", "cancel")
    answers = [await stranger.post(f"{path}/{verb}") for verb in verbs]
    answers += [
        await stranger.post(f"{path}/decision", json={"decision": "apply"}),
        await stranger.get(f"{path}/changes"),
        await caller.get(f"/v1/imports/{NOBODY}/changes"),
        await caller.post(f"/v1/imports/{NOBODY}/pause"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await caller.get(path)).json()["state"] == "queued"
